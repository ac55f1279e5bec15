import KioskModel
import Testing

@testable import KioskFlows

/// A note's way through every order of events that a unit is known for.
@Suite struct NoteTests {
    private func atSlot(_ settings: VisitSettings = Walk.settings()) -> Walk {
        var walk = Walk(settings)
        walk.reachSlot()
        return walk
    }

    @Test func `a note is offered and meant to be kept before it is kept, and credited after`() {
        var walk = atSlot()
        let session = SessionID(1)

        let offered = walk.acceptor(.escrowed(.yuan(50)))
        let shown = walk.screen.amount
        let stacked = walk.acceptor(.stacked(.yuan(50)))

        #expect(
            offered.entries == [
                .noteOffered(note: NoteID(1), value: .yuan(50), session: session),
                .stackIntended(note: NoteID(1)),
            ])
        #expect(offered.actions.first == .stackNote && shown == .zero)
        #expect(
            stacked.entries == [
                .noteCredited(note: NoteID(1), value: .yuan(50), session: session)
            ])
        #expect(walk.screen.amount == .yuan(50))
    }

    /// What ends an open note that was meant to be kept.
    enum End: Sendable, Hashable { case credited, returned, doubtful(DoubtReason), open }

    @Test(
        arguments: [
            ([.stacked(.yuan(50))], End.credited),
            ([.returned], .returned),
            ([.stacked(.yuan(20))], .doubtful(.otherValue)),
            ([.stacked(.zero)], .doubtful(.otherValue)),
            ([.escrowed(.yuan(50)), .stacked(.yuan(50))], .credited),
            ([.escrowed(.yuan(50)), .returned], .returned),
            ([.conditions([.cheated])], .doubtful(.cheated)),
            ([.conditions([.jamInCassette])], .open),
            ([.refused(.operation)], .open),
            ([.ready(true)], .open),
            ([.lost(.gone)], .open),
            ([.lost(.gone), .connected(.clearAfterPowerUp)], .doubtful(.lostAtPowerUp)),
            ([.lost(.gone), .connected(.inPath)], .returned),
            ([.lost(.gone), .connected(.inStacker)], .open),
            ([.lost(.gone), .connected(.inStacker), .stacked(.yuan(50))], .credited),
            ([.lost(.gone), .connected(.running)], .open),
            ([.lost(.gone), .connected(.running), .escrowed(.yuan(50))], .open),
            (
                [
                    .lost(.gone), .connected(.running), .escrowed(.yuan(50)), .stacked(.yuan(50)),
                ], .credited
            ),
            ([.lost(.gone), .connected(.running), .returned], .returned),
            ([.lost(.gone), .connected(.running), .stacked(.yuan(50))], .credited),
        ] as [([AcceptorEvent], End)])
    func `an accepted note ends in one way`(reports: [AcceptorEvent], end: End) {
        var walk = atSlot()
        walk.acceptor(.escrowed(.yuan(50)))

        for report in reports { walk.acceptor(report) }

        switch end {
        case .credited: #expect(walk.ledger.balance(.credit) == .yuan(50))
        case .returned: #expect(walk.ledger.notes == [.returned: [5000: 1]])
        case .open: #expect(walk.ledger.openNote?.note == NoteID(1))
        case .doubtful(let reason):
            #expect(walk.ledger.notes.keys.sorted { $0.rawValue < $1.rawValue } == [.doubtful])
            #expect(walk.entries.contains { $0.isDoubtful(NoteID(1), reason) })
            #expect(walk.screen.name == .insertNotes && walk.offered == ["finish"])
        }
        #expect(end == .credited || walk.ledger.balance(.credit) == .zero)
    }

    @Test(
        arguments: [
            ([.returned], End.returned),
            ([.lost(.gone), .connected(.clearAfterPowerUp)], .returned),
            ([.lost(.gone), .connected(.inPath)], .returned),
            ([.stacked(.yuan(50))], .doubtful(.withoutOffer)),
            (
                [.lost(.gone), .connected(.inStacker), .stacked(.yuan(50))],
                .doubtful(.withoutOffer)
            ),
            ([.escrowed(.yuan(50))], .open),
            ([.escrowed(.yuan(20)), .returned], .returned),
        ] as [([AcceptorEvent], End)])
    func `a note that is given back is never credited`(reports: [AcceptorEvent], end: End) {
        var walk = Walk()
        walk.acceptor(.escrowed(.yuan(50)))

        for report in reports { walk.acceptor(report) }

        #expect(walk.ledger.balance(.credit) == .zero)
        #expect((walk.ledger.openNote != nil) == (end == .open))
        if case .doubtful(let reason) = end {
            #expect(walk.entries.contains { $0.isDoubtful(NoteID(1), reason) })
        }
    }

    @Test func `a unit that says nothing of a note leaves it doubtful, and the customer is told`() {
        var walk = atSlot()
        walk.acceptor(.escrowed(.yuan(50)))
        #expect(walk.timers == [.noteSettlement: .seconds(60)])

        walk.tell(.timerFired(.noteSettlement))

        #expect(walk.entries.contains { $0.isDoubtful(NoteID(1), .noAnswer) })
        #expect(walk.keys.contains("insertNotes.body.doubtful"))
        #expect(walk.fact("doubtful") == "¥50.00" && walk.screen.amount == .zero)
    }

    @Test func `a note said twice is counted once`() {
        var walk = atSlot()
        walk.insert(20)
        walk.acceptor(.escrowed(.yuan(50)), .stacked(.yuan(50)))

        let again = walk.acceptor(.stacked(.yuan(50)))

        #expect(again.entries == [.repeatIgnored(note: NoteID(2))])
        #expect(walk.screen.amount == .yuan(70))
    }

    @Test(arguments: [
        (NotePosition.running, true), (.inStacker, true), (.clearAfterPowerUp, false),
        (.inPath, false),
    ])
    func `a note said again after a restart is known if the unit may not have heard us`(
        position: NotePosition, isRepeat: Bool
    ) {
        var walk = atSlot()
        walk.acceptor(.escrowed(.yuan(50)), .stacked(.yuan(50)))
        walk.restart()

        let again = walk.acceptor(.connected(position), .stacked(.yuan(50)))

        #expect((again.entries == [.repeatIgnored(note: NoteID(1))]) == isRepeat)
        #expect((walk.ledger.balance(.suspense) == .zero) == isRepeat)
        #expect(walk.ledger.balance(.credit) == .yuan(50))
    }

    @Test(arguments: [
        [AcceptorEvent.ready(true)], [.accepting], [.refused(.unknown)], [.returned],
        [.connected(.clearAfterPowerUp)],
    ])
    func `once the unit has gone on, the same value is another note`(between: [AcceptorEvent]) {
        var walk = atSlot()
        walk.acceptor(.escrowed(.yuan(50)), .stacked(.yuan(50)))

        for report in between { walk.acceptor(report) }
        walk.acceptor(.stacked(.yuan(50)))

        #expect(walk.ledger.balance(.suspense) == .yuan(50))
        #expect(walk.entries.contains { $0.isDoubtful(NoteID(2), .withoutOffer) })
    }

    @Test func `a second note of the same value is not taken for the first`() {
        var walk = atSlot()
        walk.acceptor(.escrowed(.yuan(50)))

        walk.acceptor(.accepting, .escrowed(.yuan(50)), .stacked(.yuan(50)))

        #expect(walk.entries.contains { $0.isDoubtful(NoteID(1), .noAnswer) })
        #expect(walk.ledger.balance(.credit) == .yuan(50))
        #expect(walk.ledger.balance(.suspense) == .yuan(50))
    }

    @Test func `another value in escrow replaces the first, which is in doubt`() {
        var walk = atSlot()
        walk.acceptor(.escrowed(.yuan(50)))

        walk.acceptor(.escrowed(.yuan(20)), .stacked(.yuan(20)))

        #expect(walk.entries.contains { $0.isDoubtful(NoteID(1), .otherValue) })
        #expect(walk.ledger.balance(.credit) == .yuan(20))
    }

    @Test(arguments: [
        (Int64(100), ReturnReason.overMaximum), (5, .notAccepting), (1, .notAccepting),
        (Int64.max / 100, .notAccepting),
    ])
    func `a note that is not wanted goes back`(yuan: Int64, reason: ReturnReason) {
        var walk = atSlot(Walk.settings(maximum: .yuan(120)))
        walk.insert(50)

        let step = walk.acceptor(.escrowed(.yuan(yuan)))

        let note = NoteID(2)
        #expect(step.entries.last == .returnIntended(note: note, reason: reason))
        #expect(step.actions.contains(.returnNote) && !step.actions.contains(.stackNote))
        #expect(walk.keys.contains("insertNotes.body.returned.\(reason.rawValue)"))
        walk.acceptor(.returned)
        #expect(walk.ledger.openNote == nil && walk.ledger.balance(.credit) == .yuan(50))
    }

    @Test func `only notes that fit below the maximum are let in`() {
        var walk = atSlot(Walk.settings(maximum: .yuan(120)))
        #expect(walk.taking == Walk.notes)

        walk.insert(50)
        #expect(walk.taking == [.yuan(10), .yuan(20), .yuan(50)])
        walk.insert(50)
        #expect(walk.taking == [.yuan(10), .yuan(20)] && walk.screen.denominations == walk.taking)
        walk.insert(20)

        #expect(walk.taking.isEmpty && walk.keys.contains("insertNotes.body.full"))
    }

    @Test func `no single note leaves the sum below the minimum`() {
        var walk = atSlot(Walk.settings(minimum: .yuan(30)))
        #expect(walk.taking == [.yuan(50), .yuan(100)])

        walk.insert(50)

        #expect(walk.taking == Walk.notes)
    }

    @Test func `the unit's own table cuts what is let in`() {
        var walk = Walk()
        let identity = DeviceIdentity(model: "SM", serial: "1", firmware: "1.07")
        walk.acceptor(.identified(identity, accepts: [.yuan(5), .yuan(10), .yuan(20)]))

        walk.reachSlot()

        #expect(walk.taking == [.yuan(10), .yuan(20)])
    }

    @Test func `a note of which nothing more was heard is in doubt as soon as the next one comes`()
    {
        var walk = atSlot()
        walk.acceptor(.accepting, .escrowed(.yuan(10)))

        let step = walk.acceptor(.accepting)

        #expect(step.entries.contains { $0.isDoubtful(NoteID(1), .noAnswer) })
        walk.acceptor(.connected(.inPath))
        #expect(walk.ledger.notes == [.doubtful: [1000: 1]])
    }

    @Test func `a blank note report is booked nowhere`() {
        var walk = atSlot()

        let escrow = walk.acceptor(.escrowed(.zero))
        let stacked = walk.acceptor(.stacked(.zero))

        #expect(escrow.entries.isEmpty && escrow.actions.contains(.returnNote))
        #expect(stacked.entries.isEmpty)
        walk.acceptor(.escrowed(.yuan(50)))
        #expect(!walk.acceptor(.escrowed(.zero)).actions.contains(.returnNote))
    }

    @Test func `quit is offered until a note is meant to be kept, and again when it came back`() {
        var walk = atSlot()
        #expect(walk.offered == ["quit"])

        walk.acceptor(.accepting)
        #expect(walk.offered == ["quit"])
        walk.acceptor(.escrowed(.yuan(50)))
        #expect(walk.offered.isEmpty)
        walk.acceptor(.returned)
        #expect(walk.offered == ["quit"] && walk.keys.contains("insertNotes.body.cameBack"))
        walk.insert(50)

        #expect(walk.offered == ["finish"])
    }

    @Test func `a note that arrives after quitting goes back`() {
        var walk = atSlot()
        walk.acceptor(.accepting)
        walk.choose("quit")

        let step = walk.acceptor(.escrowed(.yuan(50)))
        walk.acceptor(.returned)

        #expect(step.actions.contains(.returnNote))
        #expect(walk.ledger.notes == [.returned: [5000: 1]])
        #expect(walk.ledger.sessionsEnded == [.cancelled: 1])
    }
}

extension Fault {
    static let gone = Fault(
        .communication, .maintenance, operation: "poll", expected: "an answer", got: "silence",
        remedy: "Check the cable.")
}

extension Entry {
    func isDoubtful(_ note: NoteID, _ reason: DoubtReason) -> Bool {
        guard case .noteDoubtful(note, _, _, reason) = self else { return false }
        return true
    }
}
