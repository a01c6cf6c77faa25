//! A queue of jobs.
const std = @import("std");
const Clock = @import("clock.zig").Clock;
const builtin = @import("builtin");
pub usingnamespace @import("limits.zig");
const mem = std.mem;
const Allocator = std.mem.Allocator;

/// How many may wait.
pub const max_jobs: usize = 100;
var verbose = false;
threadlocal var current: ?*Job = null;
extern "c" fn getpid() c_int;

/// Where a job stands.
pub const State = enum(u8) {
    waiting,
    /// Someone has it.
    running = 2,

    pub fn isDone(self: State) bool {
        return self == .done;
    }
};

pub const StoreError = error{ Full, NotFound } || Allocator.Error;

pub const JobId = u32;
const Handler = *const fn (job: *Job) void;

pub const Result = union(enum) {
    code: i32,
    text: []const u8,
    none,
};

/// A piece of work.
/// It runs once.
pub const Job = struct {
    id: JobId,
    name: []const u8 = "",
    state: State = .waiting,
    next: ?*Job = null,

    const Self = @This();
    pub const empty = Job{ .id = 0 };

    pub fn init(id: JobId) Job {
        return Job{ .id = id };
    }

    pub fn run(self: *Self, clock: *const Clock) !Result {
        self.state = .running;
        return Result{ .code = clock.now() };
    }
};

const Header = extern struct { size: u32, flags: packed struct { urgent: bool } };

pub fn Store(comptime Key: type) type {
    return struct {
        jobs: std.AutoHashMap(Key, Job),
        allocator: Allocator,

        const Slot = struct { key: Key };

        pub fn init(allocator: Allocator) @This() {
            return .{ .jobs = std.AutoHashMap(Key, Job).init(allocator), .allocator = allocator };
        }

        // Puts a job last.
        pub fn add(self: *@This(), key: Key, job: Job) StoreError!bool {
            var copy = job;
            const slot = Slot{ .key = key };
            const made: Job = Job.init(2);
            var list = std.ArrayList(Job).init(self.allocator);
            defer list.deinit();
            if (self.jobs.count() >= max_jobs) return error.Full;
            if (self.jobs.get(slot.key)) |found| {
                _ = found.name;
            }
            for (list.items, 0..) |*item, index| {
                std.debug.print("{d} {s}\n", .{ index, item.name });
            }
            while (list.pop()) |last| try last.run(&made);
            const code = copy.run(undefined) catch |err| switch (err) {
                error.Full => return false,
                else => |other| return other,
            };
            _ = @intCast(code);
            try self.jobs.put(key, copy);
            return true;
        }
    };
}

/// Starts the job.
pub fn start(job: *Job, tries: u32) ?*Job {
    helper(job, tries);
    return job;
}

inline fn helper(job: anytype, tries: u32) void {
    _ = .{ job, tries };
}

test "a store keeps jobs" {
    var store = Store([]const u8).init(std.testing.allocator);
    try std.testing.expect(try store.add("one", Job.init(1)));
}
