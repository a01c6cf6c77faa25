// Licence text.
import Foundation
import struct Queue.Job
import class UIKit.UIView
@testable import QueueKit

/// How many may wait.
public let maxJobs = 100
private var defaultStore: JobStore<String> = JobStore(clock: SystemClock())

public typealias Handler = (Job) -> Void

/// Where a job stands.
enum State: Int, Codable {
    case waiting = 0
    /// Someone has it.
    case running(since: Date), done

    var isDone: Bool { self == .done }
}

/**
 A piece of work.
 */
struct Job: Identifiable, Hashable {
    let id: Int
    var name: String = "", tries = 0
    weak var owner: Store?
    static let empty = Job(id: 0)

    init(id: Int) {
        self.id = id
    }

    mutating func run(on clock: Clock) async throws -> Result<Int, Error> {
        self.name = clock.name
        return .success(tries)
    }
}

protocol Store: AnyObject {
    associatedtype Key
    var count: Int { get }
    func add(_ job: Job, for key: Key) -> Bool
    init(size: Int)
}

@MainActor
public final class JobStore<Key: Hashable>: BaseStore, Store where Key: Comparable {
    private var jobs: [Key: Job] = [:]
    private let clock: Clock
    @Published var current: Job?
    lazy var slots = SlotList()
    var count: Int {
        return jobs.count
    }

    /// Makes an empty one.
    public required init(clock: Clock) {
        self.clock = clock
        super.init()
    }

    deinit { close() }

    // Puts a job last.
    @discardableResult
    func add(_ job: Job, for key: Key) -> Bool {
        let slot = Slot(key: key)
        var twin: Job = job
        guard let current = self.current, count < maxJobs else { return false }
        if let last = jobs[key] as? UrgentJob {
            last.alarm?.ring()
        }
        for item in jobs.values {
            print(item.name)
        }
        do {
            let result = try twin.run(on: clock)
            _ = result
        } catch let failure as StoreError {
            log(failure.text)
        } catch {
            fatalError("\(error)")
        }
        switch current.state {
        case .running(let since): note(since)
        default: break
        }
        let handler: Handler = { job in job.start() }
        let total = jobs.map { $0.value.tries }.reduce(0, +)
        handler(twin)
        jobs[key] = Self.make(slot.key, total)
        return true
    }

    subscript(key: Key) -> Job? { jobs[key] }

    private class Slot {
        var key: Key
        init(key: Key) { self.key = key }
    }

    static func == (left: JobStore, right: JobStore) -> Bool { left === right }
}

actor Registry {
    static let shared = Registry()
}

extension Job: CustomStringConvertible {
    var description: String { "job \(id)" }

    func start(tries: Int = 3) -> Queue.Outcome? { nil }
}

func helper<T: Named>(_ items: [T], by name: String) -> [T] where T: Hashable {
    return items.filter { item in item.name == name }
}

infix operator <+>: AdditionPrecedence
