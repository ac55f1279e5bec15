import Foundation
import KioskModel
import OfficeProtocol
import Testing
import VirtualWorld

@testable import Office

/// A kiosk with a right certificate that is broken, or lies.
struct HostileKioskTests {
    enum Lie: CaseIterable {
        case moreThanCredited, lessThanCredited, nothing, twice, anothersOrder, creditAfterPayment
        case negativeNote, absurdNote, noteTwice, returnedAndCredited, negativeDoubt
        case anotherJournal, sessionTwice, wrongOrder, wrongLane, sessionZero
    }

    @Test(arguments: Lie.allCases)
    func `a lie is kept, booked nowhere and opened as a case`(_ lie: Lie) throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        let before = try town.run { [kiosk] office in
            try await office.takeAll(kiosk)
            return await office.ledger()
        }
        let honest = try kiosk.lie(lie)

        try town.run { [kiosk] office in
            try await office.takeAll(kiosk)

            #expect(await office.caseKinds() == ["contradictoryEntry"])
            #expect(await office.balance("RECEIVED") == honest.received)
            #expect(await office.orders(state: nil, limit: 9).count == honest.orders)
            #expect(await office.ledger().balanced && before.balanced)
        }
    }

    @Test func `an order keeps its number and amount whatever a kiosk says later`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        let order = try kiosk.topUp("13800138000", notes: [50])
        let other = try PhoneGrammar.mainlandMobile.read("13900139000")
        try kiosk.write(
            .paymentCommitted(
                order: order, slip: SlipNumber(epoch: kiosk.epoch, session: SessionID(1)),
                phone: other, amount: .yuan(500)))

        try town.run { [kiosk] office in
            try await office.takeAll(kiosk)
            try await town.wait(.seconds(60))

            #expect(await office.caseKinds() == ["contradictoryEntry"])
            #expect(
                await town.billing.booked == [.init(order: order, phone: "13800138000", fen: 5000)])
        }
    }

    @Test(arguments: ["12345678901\\u0000", "1", "abc", "１３８００１３８０００", "999999999999999999999", ""])
    func `a number that is none is not posted`(_ digits: String) throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        let order = try kiosk.topUp(notes: [50])
        let lie = kiosk.batch().events.map {
            $0.body.replacingOccurrences(of: "13800138000", with: digits)
        }
        var liar = try VirtualKiosk()
        for body in lie.dropFirst() { liar.write(raw: body) }

        try town.run { [liar] office in
            try await office.takeAll(liar)
            try await town.wait(.seconds(60))

            #expect(await office.order(order) == nil)
            #expect(await office.balance("CREDIT") == 5000)
            #expect(await town.billing.calls == 0)
        }
    }

    @Test func `a kiosk gone mad fills no desk`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        for _ in 0..<1000 { kiosk.write(raw: "noise") }

        try town.run { [kiosk] office in
            try await office.takeAll(kiosk)

            let cases = await office.cases()
            #expect(cases.count == Cases.openMax)
            #expect(cases.first?.text.hasSuffix("And 950 more of this kind.") == true)
        }
    }

    @Test func `a kiosk that makes up lives is stopped`() throws {
        let town = try Town()

        try town.run { office in
            for life in 1...UInt64(Intake.epochsMax) {
                try await office.takeAll(VirtualKiosk(epoch: life))
            }
            let another = try VirtualKiosk(epoch: 0xFFFF)
            let refusal = await office.refusal(of: another.batch(), from: another.id)

            #expect(refusal?.code == .busy)
        }
    }

    @Test
    func `an alarm with a hostile name becomes a case, its evidence loses control characters`()
        throws
    {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        let long = String(repeating: "x", count: 5000)
        try kiosk.write(
            .alarmRaised(alarm: AlarmKey(.acceptorJam, long), severity: .major, evidence: ""))
        try kiosk.write(
            .alarmRaised(
                alarm: AlarmKey(.acceptorJam, "billAcceptor/0"), severity: .major,
                evidence: "\u{1B}[2J" + long))

        try town.run { [kiosk] office in
            try await office.takeAll(kiosk)

            #expect(await office.caseKinds() == ["contradictoryEntry"])
            let alarms = await office.alarms()
            #expect(alarms.map(\.object) == ["billAcceptor/0"])
            #expect(alarms.first?.evidence.count == Booking.alarmTextMax)
            #expect(alarms.first?.evidence.hasPrefix("[2J") == true)
        }
    }
}

extension VirtualKiosk {
    /// Writes one honest session or none, and one lie; returns what the office may believe.
    mutating func lie(_ lie: HostileKioskTests.Lie) throws -> (received: Int64, orders: Int) {
        let phone = try PhoneGrammar.mainlandMobile.read("13800138000")
        let slip = SlipNumber(epoch: epoch, session: SessionID(1))
        let (session, order) = try startSession()
        try insert(50, in: session)
        func commit(_ fen: Int64, _ order: OrderID) -> Entry {
            .paymentCommitted(order: order, slip: slip, phone: phone, amount: Money(fen: fen))
        }
        func credited(_ note: Int64, _ fen: Int64, _ session: SessionID) -> Entry {
            .noteCredited(note: NoteID(note), value: Money(fen: fen), session: session)
        }
        let foreign = OrderID(kiosk: id, epoch: Epoch(bits: 1), session: session)
        switch lie {
        case .moreThanCredited: try write(commit(5001, order))
        case .lessThanCredited: try write(commit(4999, order))
        case .nothing: try write(commit(0, OrderID(kiosk: id, epoch: epoch, session: .init(9))))
        case .twice:
            try write(commit(5000, order))
            try write(commit(5000, order))
            return (5000, 1)
        case .anothersOrder: try write(commit(5000, foreign))
        case .creditAfterPayment:
            try write(commit(5000, order))
            try write(credited(2, 1000, session))
            return (5000, 1)
        case .negativeNote: try write(credited(2, -1000, session))
        case .absurdNote: try write(credited(2, .max, session))
        case .noteTwice: try write(credited(1, 5000, session))
        case .returnedAndCredited: try write(.noteReturned(note: NoteID(1)))
        case .negativeDoubt:
            try write(
                .noteDoubtful(
                    note: NoteID(2), value: Money(fen: -1), session: nil, reason: .noAnswer))
        case .anotherJournal: try write(.journalOpened(kiosk: id, epoch: Epoch(bits: 1)))
        case .sessionTwice: try write(.sessionStarted(session: session, order: order))
        case .wrongOrder: try write(.sessionStarted(session: SessionID(5), order: order))
        case .wrongLane: try write(credited(2, 1000, session), lane: .telemetry)
        case .sessionZero: try write(credited(2, 1000, SessionID(0)))
        }
        return (5000, 0)
    }
}
