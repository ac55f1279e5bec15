import Foundation
import GRDB
import KioskModel
import OfficeProtocol
import Testing
import VirtualWorld

@testable import Office

/// Batches come twice, torn, out of order, changed.
struct IntakeTests {
    @Test func `a batch that comes twice is acknowledged twice and booked once`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        try kiosk.topUp()

        try town.run { [kiosk] office in
            let first = try await office.take(kiosk.batch(), from: kiosk.id)
            let second = try await office.take(kiosk.batch(), from: kiosk.id)

            #expect(first.acked == kiosk.count() && second.acked == kiosk.count())
            #expect(await office.balance("RECEIVED") == 7000)
            #expect(await office.orders(state: nil, limit: 10).count == 1)
        }
    }

    @Test func `of an overlapping batch only the new part is booked`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        try kiosk.topUp()
        try kiosk.topUp("13900139000", notes: [10])

        try town.run { [kiosk] office in
            _ = try await office.take(kiosk.batch(1...8), from: kiosk.id)
            let answer = try await office.take(kiosk.batch(5...kiosk.count()), from: kiosk.id)

            #expect(answer.acked == kiosk.count())
            #expect(await office.balance("RECEIVED") == 8000)
            #expect(await office.ledger().balanced)
        }
    }

    @Test func `after a gap the office says from where to send`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        try kiosk.topUp()

        try town.run { [kiosk] office in
            _ = try await office.take(kiosk.batch(1...3), from: kiosk.id)
            let refusal = await office.refusal(of: kiosk.batch(5...6), from: kiosk.id)

            #expect(refusal?.code == .expected && refusal?.seq == 4)
            #expect(await office.kiosks().first?.lanes.first?.acked == 3)
        }
    }

    @Test func `a flipped byte is named and nothing of its batch is kept`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        try kiosk.topUp()
        let batch = kiosk.batch().with(seq: 4) { $0.replacingOccurrences(of: "5000", with: "9000") }

        try town.run { [kiosk] office in
            let refusal = await office.refusal(of: batch, from: kiosk.id)

            #expect(refusal?.code == .badHash && refusal?.seq == 4)
            #expect(await office.kiosks().isEmpty)
            let again = try await office.take(kiosk.batch(), from: kiosk.id)
            #expect(again.acked == kiosk.count())
        }
    }

    @Test func `a flipped byte in what is known already is damage, not a changed journal`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        try kiosk.topUp()
        let damaged = kiosk.batch().with(seq: 2) { $0 + " " }

        try town.run { [kiosk] office in
            try await office.takeAll(kiosk)
            let refusal = await office.refusal(of: damaged, from: kiosk.id)

            #expect(refusal?.code == .badHash && refusal?.seq == 2)
            #expect(await office.caseKinds().isEmpty)
        }
    }

    @Test func `a changed duplicate stops its lane for good and changes nothing`() throws {
        let town = try Town()
        var honest = try VirtualKiosk()
        var changed = honest
        try honest.topUp(notes: [50])
        try changed.topUp(notes: [100])

        try town.run { [honest, changed] office in
            try await office.takeAll(honest)
            let refusal = await office.refusal(of: changed.batch(), from: honest.id)
            #expect(refusal?.code == .changed && refusal?.seq == 4)
            #expect(await office.caseKinds() == ["changedDuplicate"])
        }
        try town.scheduler.run { [honest] in
            let office = try town.open()
            let refusal = await office.refusal(of: honest.batch(), from: honest.id)

            #expect(refusal?.code == .changed && refusal?.seq == 4)
            #expect(await office.kiosks().first?.lanes.first?.stopped != nil)
            #expect(await office.balance("RECEIVED") == 5000)
        }
    }

    @Test func `only the changed lane stands still`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        var changed = kiosk
        try kiosk.topUp(notes: [50])
        try changed.topUp(notes: [100])
        try kiosk.write(.rated(session: SessionID(1), stars: 5))

        try town.run { [kiosk, changed] office in
            _ = try await office.take(kiosk.batch(), from: kiosk.id)
            _ = await office.refusal(of: changed.batch(), from: kiosk.id)

            #expect(try await office.take(kiosk.batch(.telemetry), from: kiosk.id).acked == 1)
        }
    }

    @Test func `an event that calls itself another is refused`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        kiosk.write(raw: #"{"v":1,"lane":"money","seq":9,"entry":{"cassetteRemoved":{}}}"#)

        try town.run { [kiosk] office in
            let refusal = await office.refusal(of: kiosk.batch(), from: kiosk.id)

            #expect(refusal?.code == .mismatch && refusal?.seq == 2)
        }
    }

    @Test(arguments: [
        #"{"v":1,"lane":"money","seq":2,"entry":{"coinCredited":{"coin":1}}}"#,
        #"{"v":2,"lane":"money","seq":2,"entry":{"cassetteRemoved":{}}}"#,
        "not JSON", "", "null", "\u{0}\u{1F4B0}", #"{"v":99999999999999999999}"#,
        String(repeating: "[", count: 60_000),
    ])
    func `an entry that nobody can read is kept verbatim and the sequence goes on`(_ body: String)
        throws
    {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        kiosk.write(raw: body)
        try kiosk.topUp()

        try town.run { [kiosk] office in
            try await office.takeAll(kiosk)

            #expect(await office.caseKinds() == ["unreadableEntry"])
            #expect(await office.balance("RECEIVED") == 7000)
            let kept = try await office.inbox(seq: 2)
            #expect(kept == Array(body.utf8))
        }
    }

    @Test func `a batch that is too large or no batch is refused before it is read`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        for _ in 0..<200 { try kiosk.write(.cassetteRemoved) }

        try town.run { [kiosk] office in
            let tooMany = await office.refusal(of: kiosk.batch(), from: kiosk.id)
            let empty = await office.refusal(of: kiosk.batch(500...501), from: kiosk.id)

            #expect(tooMany?.code == .tooLarge)
            #expect(empty?.code == .malformed)
            #expect(await office.kiosks().isEmpty)
        }
    }

    @Test func `a kiosk set up anew opens a case, and the old journal's money still counts`() throws
    {
        let town = try Town()
        var old = try VirtualKiosk(epoch: 0xA1)
        try old.write(
            .alarmRaised(alarm: AlarmKey(.paperOut, "printer/0"), severity: .major, evidence: ""))
        try old.topUp(notes: [50])
        var new = try VirtualKiosk(epoch: 0xB2)
        try new.topUp(notes: [20])

        try town.run { [old, new] office in
            _ = try await office.take(old.batch(1...4), from: old.id)
            _ = try await office.take(old.batch(.alarms), from: old.id)
            try await office.takeAll(new)
            _ = try await office.take(old.batch(3...old.count()), from: old.id)

            #expect(await office.caseKinds() == ["newEpoch"])
            #expect(await office.balance("RECEIVED") == 7000)
            #expect(await office.orders(state: nil, limit: 9).count == 2)
            #expect(await office.kiosks().map(\.epoch) == [new.epoch.hex])
            #expect(await office.alarms().isEmpty)
        }
    }

    @Test func `two kiosks with the same sequence numbers never mix`() throws {
        let town = try Town()
        var one = try VirtualKiosk("K0001", epoch: 7)
        var two = try VirtualKiosk("K0002", epoch: 7)
        try one.topUp(notes: [50])
        try two.topUp(notes: [20, 20])

        try town.run { [one, two] office in
            let foreign = await office.refusal(of: one.batch(), from: two.id)
            try await office.takeAll(one)
            try await office.takeAll(two)

            #expect(foreign?.code == .badHash)
            #expect(await office.ledger().kiosks["K0001"]?["RECEIVED"] == 5000)
            #expect(await office.ledger().kiosks["K0002"]?["RECEIVED"] == 4000)
        }
    }

    @Test func `batches that arrive together are each answered for themselves`() throws {
        let town = try Town()
        let kiosks = try (1...40).map { number in
            var kiosk = try VirtualKiosk("K\(number)")
            try kiosk.topUp(notes: [10])
            return kiosk
        }

        try town.run { office in
            let refused = await withTaskGroup(of: Refusal.Code?.self) { group in
                for kiosk in kiosks {
                    group.addTask { await office.refusal(of: kiosk.batch(), from: kiosk.id)?.code }
                    group.addTask {
                        await office.refusal(of: kiosk.batch(99...99), from: kiosk.id)?.code
                    }
                }
                return await group.reduce(into: [Refusal.Code]()) { $0 += $1.map { [$0] } ?? [] }
            }

            #expect(refused == Array(repeating: .malformed, count: 40))
            #expect(await office.balance("RECEIVED") == 40_000)
        }
    }
}

extension Batch {
    /// The same batch with one body changed and its hash left as it was.
    func with(seq: Int64, _ change: (String) -> String) -> Batch {
        Batch(
            epoch: epoch, lane: lane,
            events: events.map {
                $0.seq == seq ? BatchEvent(seq: seq, body: change($0.body), hash: $0.hash) : $0
            })
    }
}

extension Office {
    func inbox(seq: Int64) throws -> [UInt8]? {
        try store.read { db in
            try db.row("SELECT body FROM inbox WHERE lane = 'money' AND seq = ?", [seq]).map {
                Array($0["body"] as Data)
            }
        }
    }
}
