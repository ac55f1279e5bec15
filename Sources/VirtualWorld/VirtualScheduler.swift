internal import Glibc
public import KioskModel

/// One thread, one seed, virtual time: runs real code so that the same seed gives the same run, byte for byte.
///
/// All that `run` starts must stay in structured concurrency (task groups, actors, AsyncStream) and wait only through
/// this `Timekeeper`. When nothing is ready, time jumps to the next sleeper. Work that escapes to another thread, and a
/// body that waits for something that never comes, end the run with an error.
///
/// `@unchecked Sendable`: every member is touched on the one thread that `run` was called on; `enqueue` checks it.
public final class VirtualScheduler: TaskExecutor, Timekeeper, @unchecked Sendable {
    /// Why a run ended without its result.
    public enum Trouble: Error, Hashable {
        /// Nothing is ready and nobody sleeps, but the body has not returned.
        case stuck
        /// So many jobs were enqueued from other threads: something left the scheduler.
        case escaped(Int)
        /// More than the allowed number of steps.
        case endless(Int)
    }

    /// The run's dice: for everything in the virtual world that is a matter of chance.
    public var dice: SplitMix64
    /// Nanoseconds since the run began; never falls.
    public private(set) var nowNs: Int64 = 0
    /// Jobs run and sleepers woken so far.
    public private(set) var steps = 0
    /// Added to the wall clock only: a clock that jumps.
    public var wallOffset: Duration = .zero
    /// Changes with every virtual power-up.
    public var bootID = "boot-1"

    private struct Sleeper {
        let at: Int64
        let order: Int
        let wake: UnsafeContinuation<Void, any Error>
    }

    /// 2026-01-01T00:00:00Z.
    private static let wallBase: Int64 = 1_767_225_600_000
    private var ready: [UnownedJob] = []
    private var sleepers: [Int: Sleeper] = [:]
    private var queue = SleepQueue()
    private var nextSleeper = 0
    private var foreign = 0
    private let thread = pthread_self()

    public init(seed: UInt64) { dice = SplitMix64(seed: seed) }

    public var now: Timestamp {
        let shift = wallOffset.components
        let wall =
            VirtualScheduler.wallBase + nowNs / 1_000_000 + shift.seconds * 1000
            + shift.attoseconds / 1_000_000_000_000_000
        return Timestamp(
            wall: WallTime(milliseconds: wall), monotonicNs: nowNs, bootID: bootID)
    }

    public func sleep(for duration: Duration) async throws {
        let number = nextSleeper
        nextSleeper += 1
        let parts = duration.components
        let at = nowNs + max(0, parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000)
        try await withTaskCancellationHandler {
            // Resumed once: whoever takes the sleeper out of `sleepers` wakes it.
            try await withUnsafeThrowingContinuation {
                (wake: UnsafeContinuation<Void, any Error>) in
                guard !Task.isCancelled else { return wake.resume(throwing: CancellationError()) }
                sleepers[number] = Sleeper(at: at, order: number, wake: wake)
                queue.insert(at: at, number: number)
            }
        } onCancel: {
            // Runs on the scheduler's thread: whoever cancels is simulated too.
            sleepers.removeValue(forKey: number)?.wake.resume(throwing: CancellationError())
        }
    }

    /// Wakes those who sleep until it rings. `@unchecked Sendable`: touched on the scheduler's one thread.
    public final class Bell: @unchecked Sendable {
        fileprivate var listeners: [Int] = []
        public init() {}
    }

    /// Sleeps for that long, or until somebody rings.
    public func sleep(for duration: Duration, orUntil bell: Bell) async throws {
        bell.listeners.append(nextSleeper)
        let listener = nextSleeper
        defer { bell.listeners.removeAll { $0 == listener } }
        try await sleep(for: duration)
    }

    /// Wakes everyone who listens to it.
    public func ring(_ bell: Bell) {
        for number in bell.listeners { sleepers.removeValue(forKey: number)?.wake.resume() }
    }

    /// Time passes while the caller holds the one thread, as in a call that blocks. Whoever would have woken meanwhile wakes
    /// late, and in the right order.
    public func spend(_ duration: Duration) {
        let parts = duration.components
        nowNs += max(0, parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000)
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        if pthread_equal(pthread_self(), thread) == 0 { foreign += 1 }
        ready.append(UnownedJob(job))
    }

    /// Runs the body and everything it starts to its end, and returns what it returned.
    ///
    /// Must be called from a plain function, not from async code, on the thread that made the scheduler.
    /// - Throws: `Trouble`, or what the body threw.
    public func run<Result: Sendable>(
        stepsMax: Int = 50_000_000, _ body: @escaping @Sendable () async throws -> Result
    ) throws -> Result {
        let box = Box<Result>()
        Task(executorPreference: self) {
            do { box.result = .success(try await body()) } catch { box.result = .failure(error) }
        }
        steps = 0
        while box.result == nil {
            guard steps < stepsMax else { throw Trouble.endless(steps) }
            guard step() else { break }
            steps += 1
        }
        guard foreign == 0 else { throw Trouble.escaped(foreign) }
        guard let result = box.result else { throw Trouble.stuck }
        return try result.get()
    }

    private func step() -> Bool {
        if ready.isEmpty {
            while let next = queue.removeFirst() {
                guard let sleeper = sleepers.removeValue(forKey: next.number) else { continue }
                nowNs = max(nowNs, sleeper.at)
                sleeper.wake.resume()
                return true
            }
            return false
        }
        ready.swapAt(dice.below(ready.count), ready.count - 1)
        ready.removeLast().runSynchronously(on: asUnownedTaskExecutor())
        return true
    }

    /// `@unchecked Sendable`: written and read on the scheduler's one thread.
    private final class Box<Value>: @unchecked Sendable {
        var result: Result<Value, any Error>?
    }
}

/// The sleepers in the order in which they wake: a binary heap by time, then by who slept first.
private struct SleepQueue {
    struct Place {
        let at: Int64
        let number: Int
        func before(_ other: Place) -> Bool { (at, number) < (other.at, other.number) }
    }
    private var heap: [Place] = []

    mutating func insert(at: Int64, number: Int) {
        heap.append(Place(at: at, number: number))
        var child = heap.count - 1
        while child > 0, heap[child].before(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func removeFirst() -> Place? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].before(heap[least]) { least = child }
            guard least != parent else { return first }
            heap.swapAt(least, parent)
            parent = least
        }
    }
}
