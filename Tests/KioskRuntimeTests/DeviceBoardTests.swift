import DeviceKit
import KioskFlows
import KioskModel
import KioskStore
import Testing

@testable import KioskRuntime

struct DeviceBoardTests {
    private static let lost = Fault(
        .communication, .maintenance, operation: "poll", expected: "a status", got: "got none",
        remedy: "Check the cable.")
    private static let identity = DeviceIdentity(model: "SM", serial: "1", firmware: "")

    /// A board whose unit and printer have said that all is well.
    private static func healthy() -> DeviceBoard {
        var board = DeviceBoard()
        for report in [AcceptorEvent.connected(.running), .ready(false)] {
            _ = board.acceptor.hear(report)
        }
        board.printer.known = true
        board.office.hear(.reachable, atNs: 0)
        return board
    }

    private static func services(_ board: DeviceBoard) -> Services {
        board.services(hasAcceptor: true, hasPrinter: true)
    }

    private static func alarms(_ board: DeviceBoard, atSecond second: Int64 = 0) -> [AlarmCode] {
        board.alarms(
            acceptor: DeviceName(.billAcceptor), printer: DeviceName(.printer),
            nowNs: second * 1_000_000_000, silence: .seconds(60)
        ).filter(\.present).map(\.key.code)
    }

    @Test func `all is offered when all is well`() {
        let board = Self.healthy()

        #expect(Self.services(board) == Services(cash: [], receipts: [], officeReachable: true))
        #expect(Self.alarms(board).isEmpty)
    }

    @Test func `nothing is offered that has not answered yet, and that is no alarm`() {
        let board = DeviceBoard()

        #expect(Self.services(board).cash == [.acceptorUnavailable])
        #expect(Self.services(board).receipts == [.printerUnavailable])
        #expect(Self.alarms(board).isEmpty)
    }

    @Test(arguments: [
        (
            AcceptorCondition.cassetteRemoved, AlarmCode.cassetteRemoved,
            Services.Hindrance.cassetteRemoved
        ),
        (.cassetteFull, .cassetteFull, .cassetteFull),
        (.jamInValidator, .acceptorJam, .acceptorUnavailable),
        (.jamInCassette, .acceptorJam, .acceptorUnavailable),
        (.cheated, .acceptorCheated, .acceptorUnavailable),
        (.failure(0x54), .acceptorFault, .acceptorUnavailable),
        (.unknownStatus(0x7E), .acceptorFault, .acceptorUnavailable),
        (.wrongUnit("note table"), .acceptorWrongUnit, .acceptorUnavailable),
    ])
    func `each condition has its alarm and its reason`(
        _ condition: AcceptorCondition, _ alarm: AlarmCode, _ hindrance: Services.Hindrance
    ) {
        var board = Self.healthy()

        _ = board.acceptor.hear(.conditions([condition]))

        #expect(Self.alarms(board) == [alarm])
        #expect(Self.services(board).cash == [hindrance])
    }

    @Test func `a pause is no trouble`() {
        var board = Self.healthy()

        _ = board.acceptor.hear(.conditions([.paused]))

        #expect(Self.alarms(board).isEmpty && Self.services(board).cash.isEmpty)
    }

    @Test func `a lost unit keeps its conditions until it has said otherwise`() {
        var board = Self.healthy()
        _ = board.acceptor.hear(.conditions([.jamInValidator]))
        var open = AlarmBoard([])
        func follow() -> [Entry] {
            let entries = board.alarms(
                acceptor: DeviceName(.billAcceptor), printer: nil, nowNs: 0, silence: .seconds(60)
            ).compactMap { open.entry($0.key, $0.present, evidence: $0.evidence) }
            for entry in entries { open.apply(entry, at: WallTime(milliseconds: 0)) }
            return entries
        }
        #expect(follow().map(\.text).count == 1)

        let steps: [AcceptorEvent] = [
            .lost(Self.lost), .connected(.clearAfterPowerUp),
            .identified(Self.identity, accepts: []),
            .conditions([.jamInValidator]), .conditions([]),
        ]
        let changes = steps.map { step in
            _ = board.acceptor.hear(step)
            return follow().map(\.text)
        }

        #expect(changes.map(\.count) == [1, 0, 0, 1, 1])
        #expect(changes[3].first?.hasPrefix("alarmCleared") == true)
        #expect(changes[4] == ["alarmCleared object=billAcceptor/0 code=acceptorJam"])
    }

    @Test(arguments: [
        (PrinterCondition.mediaEmpty, AlarmCode.paperOut, Services.Hindrance.paperOut),
        (.mediaJam, .printerFault, .printerUnavailable),
        (.coverOpen, .printerFault, .printerUnavailable),
        (.stopped, .printerFault, .printerUnavailable),
        (.offline, .printerLost, .printerUnavailable),
        (.unreachable, .printerLost, .printerUnavailable),
    ])
    func `each printer condition has its alarm and its reason, and cash goes on`(
        _ condition: PrinterCondition, _ alarm: AlarmCode, _ hindrance: Services.Hindrance
    ) {
        var board = Self.healthy()

        board.printer.conditions = [condition]

        #expect(Self.alarms(board) == [alarm])
        #expect(Self.services(board).receipts == [hindrance])
        #expect(Self.services(board).cash.isEmpty)
    }

    @Test func `a low paper roll warns and prints on`() {
        var board = Self.healthy()

        board.printer.conditions = [.mediaLow]

        #expect(Self.alarms(board) == [.paperLow])
        #expect(Self.services(board).receipts.isEmpty)
    }

    @Test func `the office's silence becomes an alarm after a minute, a refusal at once`() {
        var board = Self.healthy()
        board.office.hear(.unreachable("no route"), atNs: 10_000_000_000)
        board.office.hear(.unreachable("no route"), atNs: 50_000_000_000)

        #expect(Self.alarms(board, atSecond: 69).isEmpty)
        #expect(Self.alarms(board, atSecond: 70) == [.officeUnreachable])
        board.office.hear(.untrusted("expired"), atNs: 71_000_000_000)
        #expect(Self.alarms(board, atSecond: 71) == [.officeRefusesUs])
        board.office.hear(.reachable, atNs: 72_000_000_000)
        #expect(Self.alarms(board, atSecond: 999).isEmpty)
    }

    @Test func `a lane that stands still is an alarm until it moves`() {
        var board = Self.healthy()

        board.office.hear(.laneStopped(.money, "other bytes"), atNs: 0)
        board.office.hear(.reachable, atNs: 0)
        #expect(Self.alarms(board) == [.officeRefusesUs])
        board.office.hear(.laneMoves(.money), atNs: 0)

        #expect(Self.alarms(board).isEmpty)
    }

    @Test func `what the journal has is not written again`() {
        var board = Self.healthy()
        let name = DeviceName(.billAcceptor)
        _ = board.acceptor.hear(.identified(Self.identity, accepts: []))
        _ = board.acceptor.hear(.conditions([.cassetteRemoved]))

        let first = board.acceptor.entries(name)
        board.acceptor.recorded()
        let second = board.acceptor.entries(name)
        _ = board.acceptor.hear(.lost(Self.lost))
        let silent = board.acceptor.entries(name)
        _ = board.acceptor.hear(.conditions([]))

        let identified = Entry.deviceIdentified(device: name, identity: Self.identity)
        #expect(first == [identified, .cassetteRemoved])
        #expect(second.isEmpty && silent.isEmpty)
        #expect(board.acceptor.entries(name) == [.cassetteInserted])
    }
}

struct EntryTextTests {
    @Test func `an entry reads as a line, and a phone number is masked`() throws {
        let phone = try PhoneGrammar.mainlandMobile.read("13800138000")
        let order = OrderID(kiosk: .k1, epoch: Epoch(bits: 1), session: SessionID(3))
        let entries: [Entry] = [
            .noteCredited(note: NoteID(7), value: .yuan(50), session: SessionID(3)),
            .numberChosen(session: SessionID(3), phone: phone),
            .paymentCommitted(
                order: order, slip: SlipNumber(epoch: Epoch(bits: 1), session: SessionID(3)),
                phone: phone, amount: .yuan(50)),
        ]

        let texts = entries.map(\.text)

        #expect(texts[0] == "noteCredited note=7 value=50.00 session=3")
        #expect(texts[1] == "numberChosen session=3 phone=138****8000")
        #expect(texts[2].contains("phone=138****8000 amount=50.00"))
        for entry in entries {
            #expect(!"\(entry)\(String(reflecting: entry))".contains("13800138000"))
        }
    }
}
