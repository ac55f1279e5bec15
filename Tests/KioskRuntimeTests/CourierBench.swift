import Foundation
import KioskModel
import KioskStore
import OfficeProtocol
import VirtualWorld

@testable import KioskRuntime

/// A courier between a real journal and a virtual office, in virtual time.
final class CourierBench: Sendable {
    let time: VirtualScheduler
    let journal: Journal
    let office: VirtualOffice
    let heard = Heard()
    private let folder: String
    private let nudges: AsyncStream<Void>
    private let nudge: AsyncStream<Void>.Continuation
    private let random: @Sendable () -> Double

    /// What the courier told the kiosk and what the kiosk obeyed.
    actor Heard {
        private(set) var news: [CourierNews] = []
        private(set) var obeyed: [Int64] = []
        private var refusals = 0
        func hear(_ news: CourierNews) { self.news.append(news) }
        func refuse(_ times: Int) { refusals = times }
        func obey(_ command: Command) throws(JournalFault) {
            guard refusals == 0 else {
                refusals -= 1
                throw .full("no room")
            }
            obeyed.append(command.number)
        }
    }

    init(random: @escaping @Sendable () -> Double = { 1 }) throws {
        time = VirtualScheduler(seed: 7)
        folder = NSTemporaryDirectory() + "kiosk-courier-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        journal = try Journal(
            path: folder + "/journal.sqlite", kiosk: KioskID.k1, newEpoch: 0xABCD, timekeeper: time)
        office = VirtualOffice(timekeeper: time)
        (nudges, nudge) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.random = random
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Runs the body while the courier works.
    func run(_ body: @escaping @Sendable (CourierBench) async throws -> Void) throws {
        try time.run { [self] in
            let (courier, bench) = (makeCourier(), self)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await courier.run() }
                try await body(bench)
                group.cancelAll()
            }
        }
    }

    private func makeCourier() -> Courier {
        Courier(
            journal: journal, office: office, timekeeper: time, random: random, nudges: nudges,
            lastCommand: 0, news: { [heard] in await heard.hear($0) },
            obey: { [heard] in try await heard.obey($0) })
    }

    func append(_ entries: Entry..., times: Int = 1) throws {
        try journal.append(Array(repeating: entries, count: times).flatMap(\.self))
        nudge.yield()
    }

    func advance(_ duration: Duration) async throws { try await time.sleep(for: duration) }

    func acked(_ lane: Lane) throws -> Int64 { try journal.outbox(lane).acked }
}

extension KioskID {
    static let k1: KioskID = {
        guard let kiosk = KioskID(rawValue: "K0001") else { preconditionFailure("K0001") }
        return kiosk
    }()
}
