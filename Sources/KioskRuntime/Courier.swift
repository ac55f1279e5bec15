package import KioskModel
package import KioskStore
package import OfficeProtocol

/// Brings the journal's entries to the office and the office's commands to the kiosk, for as long as `run` lives.
///
/// It keeps nothing that must last: what the office has is in the journal's cursors, what the kiosk obeyed in its entries.
///
/// `package`: the storm of ten thousand couriers runs them without their kiosks.
package actor Courier {
    let journal: Journal
    let office: any OfficeConnection
    let timekeeper: any Timekeeper
    let random: @Sendable () -> Double
    private let nudges: AsyncStream<Void>
    /// The last command that is in the journal.
    var lastCommand: Int64
    private let news: @Sendable (CourierNews) async -> Void
    /// Returns when the command is durable.
    let obey: @Sendable (Command) async throws -> Void

    var lanes = Dictionary(uniqueKeysWithValues: Lane.allCases.map { ($0, LaneState()) })
    /// Batches sent, for the telemetry's guaranteed share.
    var sent = 0
    /// Failures in a row, one count for each way.
    var failures: [Way: Int] = [:]
    private var trouble: [Way: CourierNews] = [:]
    private var lastNews: CourierNews?
    private var isTelling = false

    /// Something may be waiting: an entry was written, or a lane's pause is over.
    let wakes: AsyncStream<Void>
    let wake: AsyncStream<Void>.Continuation

    /// The two conversations with the office, independent of each other.
    enum Way: Hashable, Sendable { case batches, commands }

    /// - Parameters:
    ///   - nudges: something was appended to the journal.
    ///   - lastCommand: the office's last command that the journal knows.
    ///   - news: told in order; returns when the kiosk has dealt with it.
    ///   - obey: returns when the command is durable; throws when it is not.
    package init(
        journal: Journal, office: any OfficeConnection, timekeeper: any Timekeeper,
        random: @escaping @Sendable () -> Double, nudges: AsyncStream<Void>, lastCommand: Int64,
        news: @escaping @Sendable (CourierNews) async -> Void,
        obey: @escaping @Sendable (Command) async throws -> Void
    ) {
        (self.journal, self.office, self.timekeeper) = (journal, office, timekeeper)
        (self.random, self.nudges, self.lastCommand) = (random, nudges, lastCommand)
        (self.news, self.obey) = (news, obey)
        (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Works until the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { for await _ in self.nudges { self.wake.yield() } }
            group.addTask { await self.followCommands() }
            await deliver(in: &group)
            group.cancelAll()
        }
    }

    /// Tells what this way has found, if it changes what is known of the office.
    func report(_ found: CourierNews, by way: Way) async {
        trouble[way] = found == .reachable ? nil : found
        // Whoever is telling now goes on with the newest, so that news arrive in their order.
        guard !isTelling else { return }
        isTelling = true
        defer { isTelling = false }
        let ways: [Way] = [.batches, .commands]
        while true {
            let now = ways.compactMap { trouble[$0] }.first ?? .reachable
            guard now.kind != lastNews?.kind else { return }
            lastNews = now
            await news(now)
        }
    }

    func tell(_ told: CourierNews) async { await news(told) }

    /// Waits after a failure: full jitter under a doubling roof, so that a thousand kiosks do not come back at once.
    ///
    /// - Throws: `CancellationError` when the kiosk stops.
    func backOff(_ way: Way, atLeast least: Duration = .zero) async throws {
        let count = failures[way, default: 0]
        failures[way] = count + 1
        try await timekeeper.sleep(for: backOff(count: count, atLeast: least))
    }

    /// How long to wait after so many failures in a row.
    func backOff(count: Int, atLeast least: Duration) -> Duration {
        let roof = min(Pace.backOffMax, Pace.backOffFirst * (1 << min(count, 16)))
        return max(Pace.backOffMin, max(roof * random(), min(least, Pace.pauseMax)))
    }

    /// Every wait of the courier.
    enum Pace {
        /// The first batch waits for a random part of this: a whole town's kiosks start together after a power cut.
        static let startWindow: Duration = .seconds(2)
        static let backOffMin: Duration = .milliseconds(100)
        static let backOffFirst: Duration = .seconds(1)
        static let backOffMax: Duration = .seconds(300)
        /// The longest that the office may make us wait by `Retry-After` or `nextAfterMs`.
        static let pauseMax: Duration = .seconds(900)
        /// An office that answers the long poll at once is asked again only after this.
        static let pollEvery: Duration = .seconds(1)
        /// One batch of so many goes to the lanes that others would starve (5 %).
        static let fairShare = 20
    }
}

extension CourierNews {
    /// Two news of one kind say the same of the office.
    fileprivate var kind: Int {
        switch self {
        case .reachable: 0
        case .unreachable: 1
        case .untrusted: 2
        case .laneStopped, .laneMoves, .journal: 3
        }
    }
}
