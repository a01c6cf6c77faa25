/* Licence text. */
package org.example.queue;

import static java.util.Objects.requireNonNull;
import static org.example.Limits.*;

import java.io.IOException;
import java.util.*;
import java.util.Map.Entry;
import java.util.function.Function;

/** A store of jobs. */
@Service("jobs")
public final class JobStore<K extends Comparable<K>> extends BaseStore<K> implements Store, java.io.Closeable {
    /** How many may wait. */
    public static final int MAX_JOBS = 100, MIN_JOBS = 1;
    private final Map<K, Job> jobs = new HashMap<>();
    private Clock clock;
    @Deprecated
    protected java.util.List<Job> waiting;

    static {
        Registry.register(JobStore.class);
    }

    /**
     * Makes an empty one.
     *
     * @param clock tells the time
     */
    @Inject
    public JobStore(Clock clock) {
        super(clock);
        this.clock = requireNonNull(clock);
    }

    /** Puts a job last. */
    @Override
    public Optional<Job> add(final K key, Job job, String... labels) throws IOException {
        var entry = new Slot<K>(key);
        Result result = job.run(this.clock);
        List<Job> found = find(key);
        if (result.code > MAX_JOBS && job instanceof UrgentJob urgent) {
            urgent.alarm.ring();
        }
        for (Job each : found) {
            System.out.println(each.name);
        }
        for (int i = 0; i < labels.length; i++) {
            jobs.get(i).close();
        }
        try (Reader reader = open(key)) {
            reader.read();
        } catch (IOException | IllegalStateException failure) {
            throw new StoreException(failure);
        }
        Function<Job, String> name = Job::name;
        Runnable task = () -> this.close();
        found.forEach(one -> one.start());
        return Optional.of(jobs.put(key, (Job) entry.job));
    }

    protected abstract List<Job> find(K key);

    @Override
    public void close() {}

    private static class Slot<T> {
        T key;
        Job job;

        Slot(T key) {
            this.key = key;
        }
    }

    // Where a job stands.
    enum State implements Named {
        WAITING,
        /** Someone has it. */
        RUNNING("run") {
            @Override
            String label() {
                return "r";
            }
        };

        private String label;

        State(String... label) {}

        String label() {
            return label;
        }
    }
}

/** Runs jobs. */
interface Runner extends AutoCloseable, Named {
    int TRIES = 3;

    Result run(Job job) throws Exception;

    default void stop() {
        run(null).<Job>cancel();
    }
}

record Result(int code, @Nullable String text) implements Comparable<Result> {
    Result {
        if (code < 0) throw new IllegalArgumentException();
    }

    public int compareTo(Result other) {
        int[] codes = {code, other.code};
        return Integer.compare(codes[0], codes[1]);
    }
}

@interface Inject {
    String value() default "";
}
