public import KioskModel
internal import OfficeProtocol

/// The central office: takes the kiosks' entries, keeps the books, posts to the billing system, knows alarms and cases.
///
/// What it answered is on its disk. It never acknowledges before its commit, and never posts an order blindly twice.
public actor Office {
    nonisolated let store: Store
    nonisolated let billing: any BillingSystem
    nonisolated let timekeeper: any Timekeeper
    nonisolated let random: @Sendable () -> Double

    /// Why the database cannot be written any more; nil while it can. The program ends then and starts again from what the
    /// disk really holds.
    public internal(set) var trouble: OfficeTrouble?

    // Intake: batches that wait for the next commit.
    var intake: [WaitingBatch] = []
    var intakeHasLeader = false
    var intakeFollowers: [Int: CheckedContinuation<IntakeTurn, Never>] = [:]
    var intakeTickets = 0
    /// When the last commit ended. Monotonic.
    var intakeFreeNs: Int64 = 0
    var telemetryArrivals = 0
    nonisolated let pacing = Pacing()

    // Posting
    var postings = PostingQueue()
    var postingsRunning = 0
    var notSentInARow = 0
    var probeAtNs: Int64 = 0
    var isRunning = false
    var postingSign: AsyncStream<Void>.Continuation?

    // Kiosks, by name
    var heard: [KioskID: Heard] = [:]
    var questions: [KioskID: QuestionCount] = [:]
    var polls: [KioskID: AsyncStream<Void>.Continuation] = [:]

    // The desk
    var tick = 0
    var listeners: [AsyncStream<Int>.Continuation] = []

    /// Opens or makes the database. Asserts WAL and `synchronous=FULL`.
    ///
    /// - Throws: `OfficeTrouble` when the database cannot be opened, trusted or made durable; the program does not start.
    public init(
        database path: String, billing: any BillingSystem, timekeeper: any Timekeeper,
        random: @escaping @Sendable () -> Double
    ) throws(OfficeTrouble) {
        store = try Store(path: path)
        (self.billing, self.timekeeper, self.random) = (billing, timekeeper, random)
    }
}

/// Why the office cannot do what it was asked, as a sentence: what was expected, what came, what to do.
public enum OfficeTrouble: Error, Sendable, Hashable, CustomStringConvertible {
    case database(String)
    case notPossible(String)
    public var description: String {
        switch self {
        case .database(let text), .notPossible(let text): text
        }
    }
}

/// When a kiosk was last heard: the wall for people, the monotonic clock for "silent", which no clock change can fake.
struct Heard {
    let wallMs: Int64
    let monotonicNs: Int64
}

// MARK: Shared by all its parts

extension Office {
    var wallMs: Int64 { timekeeper.now.wall.milliseconds }

    func hear(_ kiosk: KioskID) {
        let now = timekeeper.now
        heard[kiosk] = Heard(wallMs: now.wall.milliseconds, monotonicNs: now.monotonicNs)
    }

    /// What the caller is told of a failed commit or read. Broken is for good: the state of the disk is not known any more.
    @discardableResult
    func report(_ fault: Store.Trouble) -> OfficeTrouble {
        switch fault {
        case .full(let text): return .database(text)
        case .broken(let text):
            let trouble = OfficeTrouble.database(text)
            self.trouble = trouble
            postingSign?.yield()
            return trouble
        }
    }

    /// Tells the desk that something changed.
    func change() {
        tick += 1
        listeners.removeAll { listener in
            if case .terminated = listener.yield(tick) { return true }
            return false
        }
    }

    /// Waits for a sign, at most that long; returns early when the task is cancelled.
    nonisolated func wait(for sign: AsyncStream<Void>, atMost limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in sign { return } }
            group.addTask { [timekeeper] in
                do { try await timekeeper.sleep(for: limit) } catch { return }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Asks the billing system and gives up after `limit`. An answer that comes while giving up still counts.
    nonisolated func ask<Value: Sendable>(
        within limit: Duration,
        _ question: @escaping @Sendable () async throws(BillingFault) -> Value
    ) async throws(BillingFault) -> Value {
        let result = await withTaskGroup(of: Result<Value, BillingFault>?.self) { group in
            group.addTask {
                do throws(BillingFault) {
                    return .success(try await question())
                } catch {
                    return .failure(error)
                }
            }
            group.addTask { [timekeeper] in
                do { try await timekeeper.sleep(for: limit) } catch { return nil }
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            guard first == nil else { return first }
            return await group.next() ?? nil
        }
        guard let result else { throw .unknown("no answer within \(limit)") }
        return try result.get()
    }
}
