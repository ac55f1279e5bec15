import DeviceKit
import Drivers
import KioskModel
import Testing
import VirtualWorld

/// The real driver and the virtual validator at the two ends of a virtual line, in virtual time.
struct SparringBench: Sendable {
    let scheduler: VirtualScheduler
    let line: VirtualSerialLine
    let acceptor: any BillAcceptor
    let witness: Witness

    /// Runs a bout with that profile, against a unit that speaks its protocol; the driver is stopped when the body returns.
    static func bout(
        _ name: String = "cashcode-sm", seed: UInt64 = 1, truth: ValidatorTruth = ValidatorTruth(),
        _ body: @escaping @Sendable (SparringBench) async throws -> Void
    ) throws {
        let profiles = try ProfileSet.load(
            directory: TranscriptTests.devices, drivers: Drivers.all)
        let profile = try #require(profiles.billAcceptor("bill-acceptors/\(name)"))
        let make = try #require(Drivers.all.billAcceptors[profile.head.driver])
        let language = try #require(ValidatorLanguage(rawValue: profile.head.driver))
        let scheduler = VirtualScheduler(seed: seed)
        try scheduler.run {
            let line = VirtualSerialLine(
                validator: VirtualValidator(speaking: language, truth: truth, seed: seed),
                timekeeper: scheduler)
            let acceptor = make(profile, line, scheduler)
            let bench = SparringBench(
                scheduler: scheduler, line: line, acceptor: acceptor,
                witness: Witness(acceptor: acceptor))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await acceptor.run { try await bench.witness.hear($0) } }
                try await body(bench)
                group.cancelAll()
            }
        }
    }

    /// A bout that begins with a unit that waits for every note, and a customer who wants each stacked.
    static func ready(
        _ name: String = "cashcode-sm", seed: UInt64 = 1,
        _ body: @escaping @Sendable (SparringBench) async throws -> Void
    ) throws {
        try bout(name, seed: seed) { bench in
            await bench.accept()
            try await bench.wait(for: "ready true")
            try await body(bench)
        }
    }

    func accept(_ values: [Int64] = [1, 5, 10, 20, 50, 100]) async {
        await acceptor.request(.accept(values.map(Money.yuan)))
    }

    func say(_ words: String) async throws { try await line.say(words) }

    func pass(_ duration: Duration) async throws { try await scheduler.sleep(for: duration) }

    /// Until an event has been reported so many times.
    func wait(for event: String, times: Int = 1, within limit: Duration = .seconds(120))
        async throws
    {
        let end = scheduler.nowNs + limit.components.seconds * 1_000_000_000
        while await witness.count(event) < times {
            guard scheduler.nowNs < end else {
                Issue.record("`\(event)` did not come; heard \(await witness.events)")
                return
            }
            try await pass(.milliseconds(50))
        }
    }

    /// Every note in the cassette was credited once and nothing else was, but for notes of which the unit never told:
    /// these are doubtful at the kiosk too.
    func expectBalance(_ what: String) async {
        let truth = await line.truth()
        let (stacked, events) = await (witness.stacked, witness.events)
        let doubtful = await witness.doubtful

        for fen in Set(truth.cassette.keys).union(stacked.keys).sorted() {
            let (inside, credited) = (truth.cassette[fen] ?? 0, stacked[fen] ?? 0)
            let most = credited + doubtful.count { $0.fen == fen }
            #expect((credited...most).contains(inside), "\(what), \(fen): \(events)")
        }
    }
}

/// The kiosk's side: writes every event down, decides about each held note, and can be without a journal for a while.
actor Witness {
    private let acceptor: any BillAcceptor
    private(set) var events: [String] = []
    /// Notes reported as stacked, by fen.
    private(set) var stacked: [Int64: Int] = [:]
    var decision: AcceptorRequest? = .stack
    /// To be stacked, and the unit started anew without a word of them.
    private(set) var doubtful: [Money] = []
    /// The note that is to be stacked, until its end is known.
    private var open: Money?
    /// Events that could not be made durable.
    private(set) var unrecorded = 0
    /// Events of this beginning cannot be made durable, so often.
    private var failing: (String, Int)?

    init(acceptor: any BillAcceptor) { self.acceptor = acceptor }

    func decide(_ decision: AcceptorRequest?) { self.decision = decision }
    func fail(_ beginning: String, times: Int) { failing = (beginning, times) }
    func count(_ event: String) -> Int { events.count { $0 == event } }

    struct Unrecorded: Error {}

    func hear(_ event: AcceptorEvent) async throws {
        let text = event.transcriptText
        if let (beginning, times) = failing, text.hasPrefix(beginning), times > 0 {
            failing = (beginning, times - 1)
            unrecorded += 1
            throw Unrecorded()
        }
        events.append(text)
        switch event {
        case .stacked(let value):
            stacked[value.fen, default: 0] += 1
            open = nil
        case .escrowed(let value):
            open = decision == .stack ? value : nil
            if let decision { await acceptor.request(decision) }
        case .returned, .refused, .connected(.inPath): open = nil
        case .connected(.clearAfterPowerUp):
            if let open { doubtful.append(open) }
            open = nil
        default: break
        }
    }
}
