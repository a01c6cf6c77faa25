import express, { Router as Routes, type Handler } from "express";
import * as path from "node:path";
import type { Money } from "./money";
import "./setup";
import legacy = require("legacy");

export { total as sum, Tax } from "./tax";
export * from "./shelf";
export * as stock from "./stock";

/** What a parcel may weigh. */
export const LIMIT_KG: number = 31.5;
const cache = new Map<string, Line>();

/**
 * What somebody means to buy.
 */
@Injectable()
export class Basket<T extends Line> extends stock.Holder<T> implements Priced, Iterable<T> {
  static readonly currency = "EUR";
  #lines?: Line[];
  private rack = new Rack();
  readonly clock: Clock = systemClock;

  constructor(
    private readonly owner: Account,
    public limit = LIMIT_KG,
    log?: Logger,
  ) {
    super();
    this.log = log;
    this.seen = new Set<string>();
  }

  // How many there are.
  get count(): number {
    return this.#lines?.length ?? 0;
  }

  @tracked("add")
  async add(slot: Slot, amount?: number): Promise<Line | null> {
    const line = new Line(slot, amount);
    const saved = await this.owner.store.save(line);
    if (slot instanceof Shelf) {
      slot.open();
    }
    return saved!.first?.line as Line;
  }

  onChange = (event: Event): void => {
    this.emit(event);
  };

  each(visit: (line: Line) => void): this {
    this.#lines?.forEach((line) => visit(line));
    return this;
  }
}

export abstract class Holder<T> {
  abstract total(): Money;
  protected abstract size: number;
}

export interface Priced extends Named, Comparable<Priced> {
  price?: Money;
  /** With tax. */
  gross(rate: number): Money;
  readonly tags: string[];
}

export type Options = { strict: boolean; parse(text: string): Line } & Base;
type Price = number | Money;

export enum Size {
  Small,
  Large = "L",
}

namespace Units {
  export const GRAM = 1;
  export function kilo(n: number): number {
    return n * 1000;
  }
}

declare function h(x: string): void;

export const total = async (items: Line[], to: Money = ZERO): Promise<Money> => {
  const local = items.map((item) => item.price);
  function inner(a: number) {
    return a;
  }
  return inner(local.length) as unknown as Money;
};

export const api = {
  list(page: number): Line[] {
    return [];
  },
  get: async (id: string) => cache.get(id),
  version: 1,
} as const;

const { join, resolve: absolute } = require("./paths");
const tools = require("./tools");

export default function main(this: Window, { a, b }: Options, ...rest: string[]): void {
  let state: State | undefined;
  state = State.create(absolute(a, ...rest));
  describe("x", () => {
    const hidden = 1;
  });
}
