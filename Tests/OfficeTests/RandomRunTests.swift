import KioskModel
import OfficeProtocol
import Testing
import VirtualWorld

@testable import Office

/// Thousands of batches in every disorder, power cuts, a billing system of changing moods: in the end all books agree.
struct RandomRunTests {
    @Test(arguments: [1, 2, 3])
    func `after any disorder kiosk, office and billing system hold the same`(_ seed: UInt64) throws
    {
        let town = try Town(seed: seed)
        let kiosks = try (1...3).map { try VirtualKiosk("K\($0)", epoch: seed << 8 | $0) }
        var run = RandomRun(town: town, dice: SplitMix64(seed: seed), kiosks: kiosks)
        try run.write(visits: 60)

        try town.scheduler.run { [run] in
            var run = run
            try await run.live(batches: 700)
            try await run.drain()
            try await run.compare()
        }
    }
}

struct RandomRun {
    let town: Town
    var dice: SplitMix64
    var kiosks: [VirtualKiosk]
    var disk: String
    /// How far each kiosk knows to be acknowledged; by kiosk's place and lane.
    var acked: [[Lane: Int64]]

    init(town: Town, dice: SplitMix64, kiosks: [VirtualKiosk]) {
        (self.town, self.dice, self.kiosks, disk) = (town, dice, kiosks, town.path)
        acked = kiosks.map { _ in [:] }
    }

    /// The kiosks' journals, written in advance; how and when they are sent is chance.
    mutating func write(visits: Int) throws {
        for place in kiosks.indices {
            for _ in 0..<visits {
                if dice.happens(0.1) {
                    let (session, _) = try kiosks[place].startSession()
                    try kiosks[place].loseNote(20, in: session)
                    try kiosks[place].write(.sessionEnded(session: session, outcome: .failed))
                }
                let notes = (0...dice.below(3)).map { _ in
                    [10, 20, 50, 100][dice.below(4)] as Int64
                }
                try kiosks[place].topUp("1380013800\(dice.below(5))", notes: notes)
                try kiosks[place].write(
                    .alarmRaised(
                        alarm: AlarmKey(.paperOut, "printer/0"), severity: .major, evidence: ""))
                try kiosks[place].write(.alarmCleared(alarm: AlarmKey(.paperOut, "printer/0")))
                try kiosks[place].write(.rated(session: SessionID(1), stars: 5))
            }
        }
    }

    /// Several lives of the office; each ends with a power cut: the next one has what the disk held at that moment.
    mutating func live(batches: Int) async throws {
        var left = batches
        while left > 0 {
            let life = min(left, 20 + dice.below(60))
            left -= life
            let office = try town.open(disk)
            let plan = (0..<life).map { _ in (dice.next(), dice.below(self.kiosks.count)) }
            let (town, disk, kiosks, acked) = (town, disk, kiosks, acked)
            (self.disk, self.acked) = try await Town.posting(office) {
                var acked = acked
                for (number, place) in plan {
                    var dice = SplitMix64(seed: number)
                    try await RandomRun.disturb(town, &dice)
                    acked[place] = await RandomRun.send(
                        kiosks[place], acked[place], to: office, &dice)
                }
                return (try town.copyOfDisk(from: disk), acked)
            }
        }
    }

    private static func disturb(_ town: Town, _ dice: inout SplitMix64) async throws {
        if dice.happens(0.3) { try await town.wait(.milliseconds(dice.below(20_000))) }
        guard dice.happens(0.2) else { return }
        let moods: [VirtualBilling.Mood] = [
            .works, .works, .refuses, .down, .losesAnswers, .losesRequests,
            .slow(.milliseconds(dice.below(60_000))),
        ]
        await town.billing.become(moods[dice.below(moods.count)])
    }

    /// Sends a batch that may begin too early, too late or rightly, be damaged, or have its answer lost.
    private static func send(
        _ kiosk: VirtualKiosk, _ acked: [Lane: Int64], to office: Office, _ dice: inout SplitMix64
    ) async -> [Lane: Int64] {
        let lane = Lane.allCases[dice.below(3)]
        let known = acked[lane] ?? 0
        let first = max(1, known + 1 - Int64(dice.below(10)) + (dice.happens(0.1) ? 15 : 0))
        let last = first + Int64(dice.below(20))
        var batch = kiosk.batch(first...last, lane)
        if dice.happens(0.1) {
            batch = batch.with(seq: first + Int64(dice.below(20))) { $0 + " " }
        }
        var result = acked
        do throws(Refusal) {
            let answer = try await office.take(batch, from: kiosk.id)
            // Half of the answers never arrive.
            if dice.happens(0.5) { result[lane] = max(known, answer.acked) }
        } catch {
            switch error.code {
            case .expected: result[lane] = max(known, (error.seq ?? 1) - 1)
            case .badHash, .malformed: break
            case .changed, .tooLarge, .mismatch, .forbidden, .busy:
                Issue.record("unexpected refusal: \(error.reason)")
            }
        }
        return result
    }

    /// Everything is sent, the billing system works, and there is time.
    mutating func drain() async throws {
        let office = try town.open(disk)
        let (town, kiosks, acked) = (town, kiosks, acked)
        await town.billing.become(.works)
        try await Town.posting(office) {
            for (kiosk, known) in zip(kiosks, acked) {
                for lane in Lane.allCases {
                    var next = (known[lane] ?? 0) + 1
                    while next <= kiosk.count(lane) {
                        let batch = kiosk.batch(next...(next + 199), lane)
                        next = try await office.take(batch, from: kiosk.id).acked + 1
                    }
                }
            }
            try await town.wait(.seconds(86_400))
        }
    }

    func compare() async throws {
        let office = try town.open(disk)
        let report = await office.ledger()
        #expect(report.balanced)
        let summed = try await office.sumOfTransfers()
        for kiosk in kiosks {
            var books = KioskLedger(kiosk.entries)
            var after: Int64 = 0
            while case let commands = try await office.commands(
                for: kiosk.id, epoch: kiosk.epoch, after: after, within: .zero), !commands.isEmpty
            {
                for command in commands {
                    #expect(command.number == after + 1)
                    after = command.number
                    switch command.body {
                    case .orderSettled(let order, let state):
                        books.apply(.orderSettled(order: order, state: state, command: after))
                    }
                }
            }
            for account in Account.allCases {
                let name = account == .received ? "STACKER" : account.rawValue
                let own = try #require(KioskLedger.Account(rawValue: name))
                let held = report.kiosks[kiosk.id.rawValue]?[account.rawValue]
                #expect(held == books.balance(own).fen, "\(kiosk.id) \(account)")
                #expect(held == summed[kiosk.id.rawValue]?[account.rawValue] ?? 0)
            }
            #expect(books.balance(.topUpDue) == .zero && books.balance(.credit) == .zero)
        }
        let booked = await town.billing.booked
        #expect(Set(booked.map(\.order)).count == booked.count)
        #expect(booked.reduce(0) { $0 + $1.fen } == report.accounts["POSTED"])
        #expect(
            await office.caseKinds().allSatisfy { ["doubtfulNote", "refusedPosting"].contains($0) })
    }
}
