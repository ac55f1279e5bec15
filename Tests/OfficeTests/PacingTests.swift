import KioskModel
import OfficeProtocol
import Testing

@testable import Office

/// More come than the office can commit.
struct PacingTests {
    @Test
    func `everyone who has to come again gets a moment of their own, as far apart as a commit`() {
        let pacing = Pacing()
        for _ in 0..<200 { pacing.learn(batches: 10, tookNs: 70_000_000) }

        let waits = (0..<100).map { _ in pacing.book(nowNs: 5, random: 0) }

        #expect(waits.first == .zero)
        let gaps = zip(waits, waits.dropFirst()).map { ($1 - $0) / .milliseconds(1) }
        // 7 ms each, of 70 % of the time.
        #expect(gaps.allSatisfy { (9.9...10.1).contains($0) })
        #expect(pacing.backlog(nowNs: 5) > waits[99])
    }

    @Test func `an office with nothing to do lets everybody come at once`() {
        let pacing = Pacing()
        _ = pacing.book(nowNs: 0, random: 0)

        let later = pacing.book(nowNs: 1_000_000_000, random: 0)

        #expect(later == .zero)
    }

    @Test func `a disk that hangs once does not send the town away for minutes`() {
        let pacing = Pacing()
        for _ in 0..<200 { pacing.learn(batches: 10, tookNs: 70_000_000) }
        pacing.learn(batches: 1, tookNs: 3_600_000_000_000)

        let waits = (0..<20).map { _ in pacing.book(nowNs: 0, random: 0) }

        #expect(waits.last.map { $0 < .seconds(2) } == true)
    }

    @Test
    func `nobody is told to wait longer than five minutes, and the last do not come together`() {
        let pacing = Pacing()
        let waits = (0..<60_000).map { pacing.book(nowNs: 0, random: Double($0 % 100) / 100) }

        let last = waits.suffix(100)

        #expect(waits.allSatisfy { $0 <= Pacing.waitMax })
        #expect(Set(last).count == 100 && last.allSatisfy { $0 >= Pacing.waitMax / 2 })
    }

    @Test func `what finds no room is told when to come, and no two at the same moment`() throws {
        let town = try Town()
        let kiosks = try PacingTests.fleet(160) { try $0.topUp(notes: [10]) }

        try town.run { office in
            let refusals = await office.refusals(of: kiosks, .money)
            let waits = refusals.compactMap(\.retryAfterMs)

            #expect(refusals.count == 160 - Office.intakeMax)
            #expect(refusals.allSatisfy { $0.code == .busy })
            #expect(waits.count == refusals.count && waits.allSatisfy { $0 >= 1000 })
            #expect(await office.balance("RECEIVED") == Int64(Office.intakeMax) * 1000)
        }
    }

    @Test func `on a slow machine only so many wait as are answered in time`() throws {
        let town = try Town()
        let kiosks = try PacingTests.fleet(60) { try $0.topUp(notes: [10]) }

        try town.run { office in
            office.pacing.learn(batches: 100, tookNs: 100 * 500_000_000)

            #expect(await office.refusals(of: kiosks, .money).count == 40)
        }
    }

    @Test func `telemetry finds no room before alarms do, and alarms before money`() throws {
        let town = try Town()
        let kiosks = try PacingTests.fleet(120) { kiosk in
            try kiosk.write(.rated(session: SessionID(1), stars: 5))
            try kiosk.write(.alarmCleared(alarm: AlarmKey(.paperOut, "printer/0")))
        }

        try town.run { office in
            let telemetry = await office.refusals(of: kiosks, .telemetry).count
            let alarms = await office.refusals(of: kiosks, .alarms).count
            let money = await office.refusals(of: kiosks, .money).count

            #expect(money == 24 && alarms == 48 && telemetry == 72)
        }
    }

    @Test func `while money has the next seconds telemetry waits, all but a twentieth of it`()
        throws
    {
        let town = try Town()
        let kiosks = try PacingTests.fleet(40) { kiosk in
            try kiosk.write(.rated(session: SessionID(1), stars: 5))
        }

        try town.run { office in
            for _ in 0..<1000 { _ = office.nextTurn() }
            let refusals = await office.refusals(of: kiosks, .telemetry)
            try await town.wait(.seconds(60))
            let later = await office.refusals(of: kiosks, .telemetry)

            #expect(refusals.count == 38 && later.isEmpty)
            #expect(await office.refusals(of: kiosks, .money).isEmpty)
        }
    }

    @Test
    func `a full batch gets the moment for the next, an empty lane waits five seconds at most`()
        throws
    {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        for _ in 0..<500 { try kiosk.write(.cassetteRemoved) }

        try town.run { [kiosk] office in
            let idle = try await office.take(kiosk.batch(1...200), from: kiosk.id)
            for _ in 0..<1000 { _ = office.nextTurn() }
            let full = try await office.take(kiosk.batch(201...400), from: kiosk.id)
            let rest = try await office.take(kiosk.batch(401...501), from: kiosk.id)

            #expect(idle.nextAfterMs == 0)
            #expect(full.nextAfterMs > 5_000)
            #expect(rest.nextAfterMs == 5_000)
        }
    }

    @Test func `large batches are committed a few at a time and each is answered`() throws {
        let town = try Town()
        let kiosks = try PacingTests.fleet(30) { kiosk in
            for _ in 0..<199 { try kiosk.write(.cassetteRemoved) }
        }

        try town.run { office in
            #expect(await office.refusals(of: kiosks, .money).isEmpty)
            let acked = await office.kiosks().map { $0.lanes.first?.acked }

            #expect(acked == Array(repeating: 200, count: 30))
            #expect(await office.intake.isEmpty)
        }
    }

    private static func fleet(_ count: Int, _ live: (inout VirtualKiosk) throws -> Void) throws
        -> [VirtualKiosk]
    {
        try (1...count).map { number in
            var kiosk = try VirtualKiosk("K\(number)")
            try live(&kiosk)
            return kiosk
        }
    }
}

extension Office {
    /// All send one batch of that lane at the same moment.
    nonisolated func refusals(of kiosks: [VirtualKiosk], _ lane: Lane) async -> [Refusal] {
        await withTaskGroup(of: Refusal?.self) { group in
            for kiosk in kiosks {
                group.addTask { await self.refusal(of: kiosk.batch(lane), from: kiosk.id) }
            }
            return await group.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
        }
    }
}
