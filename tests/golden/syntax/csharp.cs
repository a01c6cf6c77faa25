using System;
using System.Collections.Generic;
using static System.Math;
using Log = Example.Logging.Logger;
global using Xunit;

namespace Example.Queue
{
    /// <summary>Where a job stands.</summary>
    public enum State { Waiting, Running = 2 }

    public delegate void JobHandler(Job job, int code);

    /// <summary>
    /// A store of jobs.
    /// </summary>
    [Serializable]
    public sealed class JobStore<TKey> : BaseStore<TKey>, IStore, IDisposable where TKey : notnull
    {
        public const int MaxJobs = 100;
        private readonly Dictionary<TKey, Job> _jobs = new(), _other;
        private IClock _clock;

        public event JobHandler Done;

        /// <summary>How many wait.</summary>
        public int Count => _jobs.Count;

        public Job? Current { get; private set; }

        public Job this[TKey key] => _jobs[key];

        /// <summary>Makes an empty one.</summary>
        public JobStore(IClock clock) : base(clock)
        {
            _clock = clock ?? throw new ArgumentNullException(nameof(clock));
            this.Current = new Job(1);
        }

        ~JobStore() { Dispose(); }

        // Puts a job last.
        [Obsolete]
        public async Task<Result> AddAsync(TKey key, Job job, params string[] labels)
        {
            var slot = new Slot { Key = key };
            Job copy = new(2);
            Result result = await job.RunAsync(this._clock);
            var made = Job.Create<int>(key);
            if (job is UrgentJob urgent && result.Code > MaxJobs)
            {
                urgent.Alarm?.Ring();
            }
            foreach (Job each in _jobs.Values)
            {
                Console.WriteLine(each.Name);
            }
            using (var reader = Open(key))
            {
                reader.Read();
            }
            try
            {
                Func<Job, bool> test = (Job one) => one.Id > 0;
                int Local(int x) => x + 1;
                Local(Abs(-1));
            }
            catch (InvalidOperationException failure)
            {
                Log.Write(failure.Message, typeof(Job), (Slot)slot);
            }
            return result;
        }

        public IEnumerable<Job> Find(Predicate<Job> test) => _jobs.Values.Where(test);

        public static JobStore<TKey> operator +(JobStore<TKey> left, Job right) => left;

        void IDisposable.Dispose() { }

        private class Slot
        {
            public TKey Key;
        }
    }

    public interface IRunner : IDisposable
    {
        string Name { get; }
        Result Run(Job job);
    }

    public record Result(int Code, string? Text) : IResult
    {
        public bool Good => Code == 0;
    }

    public readonly struct Point { public readonly int X; }

    public record struct Pair(int Left, int Right);

    public static class JobExtensions
    {
        public static string Label(this Job job) => job.Name;
    }
}
