<?php

declare(strict_types=1);

namespace Harbour\Tides;

use Countable;
use Harbour\Clock\SystemClock as Clock;
use Harbour\Store\{Reader, Writer as Sink, function open_store};
use function Harbour\Units\metres;
use const Harbour\Units\FOOT;

require_once __DIR__ . '/bootstrap.php';
include 'settings.php';

const DATUM = 0.0;
define('HARBOUR_ZONE', 'UTC');

/**
 * One gauge at a pier.
 */
#[Entity(table: 'gauges')]
final class Gauge extends Station implements Countable, \Harbour\Named
{
    use KeepsTime, Logs;

    public const UNITS = ['m', 'ft'], PLACES = 2;

    private ?Reader $reader = null;
    protected static array $all = [];
    public readonly string $name;

    public function __construct(private Clock $clock, protected int $limit = 10)
    {
        $this->sink = new Sink($limit);
        $store = open_store();
        $tide = Tide::at($this->clock->now());
    }

    /** The highest reading of a day. */
    public function highest(Day|int $day, Reading ...$more): ?Reading
    {
        foreach ($this->reader->rows($day) as $row) {
            if ($row instanceof Reading && $row?->height > self::PLACES) {
                return $row;
            }
        }
        try {
            return static::$all[$day] ?? parent::highest($day);
        } catch (Missing $error) {
            throw new \RuntimeException($error->getMessage(), Gauge::class);
        }
    }

    public static function named(string $name): self
    {
        return new self(new Clock());
    }

    abstract protected function count(): int;
}

interface Named extends HasName
{
    const WIDTH = 8;
    public function name(): string;
}

trait KeepsTime
{
    private \DateTime $since;
}

enum Stage: string implements Named
{
    case Ebb = 'ebb';
    case Flood = 'flood';

    public function next(): Stage
    {
        return match ($this) {
            self::Ebb => self::Flood,
            default => Stage::Ebb,
        };
    }
}

// Prints all of them.
function print_all(iterable $gauges, ?Gauge &$last): void
{
    $line = fn (Gauge $gauge): string => $gauge->name . PHP_EOL;
    foreach ($gauges as $gauge) {
        echo $line($gauge), metres($gauge->highest(DATUM));
    }
}

$gauge = new Gauge(new Clock());
print_all([$gauge], $last);
