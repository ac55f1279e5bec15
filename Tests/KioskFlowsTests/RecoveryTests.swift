import KioskModel
import Testing

@testable import KioskFlows

/// The power goes; the journal and the unit say how to go on.
@Suite struct RecoveryTests {
    @Test func `a visit without money ends`() {
        var walk = Walk()
        walk.reachSlot()

        walk.restart()

        #expect(walk.screen.name == .attract && walk.ledger.sessionsEnded == [.failed: 1])
    }

    @Test func `a visit with money goes on where it was, and idling finishes it`() {
        var walk = Walk()
        walk.reachSlot()
        walk.insert(50)

        walk.restart()
        #expect(walk.screen.name == .insertNotes && walk.screen.amount == .yuan(50))
        #expect(walk.keys.contains("insertNotes.body.recovered") && walk.offered == ["finish"])
        #expect(walk.taking == Walk.notes)
        walk.insert(20)
        walk.tell(.timerFired(.idle))
        walk.tell(.timerFired(.moreTime))

        #expect(walk.ledger.orders.map(\.amount) == [.yuan(70)])
        #expect(walk.ledger.orders.map(\.phone) == [Walk.phone])
    }

    @Test func `paper that was coming out at a power cut comes out no more`() {
        var walk = Walk()
        walk.reachSlot()
        walk.insert(50)
        walk.choose("finish")
        walk.settle(.credited)
        #expect(walk.ledger.openReceipts.count == 1)

        let step = walk.restart()

        #expect(step.actions.contains(.cancelPrints))
        #expect(walk.ledger.openReceipts.isEmpty && walk.ledger.unprinted.count == 1)
    }

    @Test(arguments: [
        (AcceptorEvent.connected(.clearAfterPowerUp), Screen.Name.insertNotes, Money.yuan(50)),
        (.connected(.inPath), .insertNotes, .zero), (.stacked(.yuan(50)), .insertNotes, .zero),
        (.returned, .insertNotes, .zero),
    ])
    func `an open note is settled by what the unit says`(
        report: AcceptorEvent, name: Screen.Name, suspense: Money
    ) {
        var walk = Walk()
        walk.reachSlot()
        walk.acceptor(.escrowed(.yuan(50)))

        walk.restart()
        #expect(walk.screen.name == .insertNotes && walk.timers[.noteSettlement] != nil)
        walk.acceptor(report)

        #expect(walk.screen.name == name && walk.ledger.openNote == nil)
        #expect(walk.ledger.balance(.suspense) == suspense)
    }

    @Test func `a note still held after the restart is kept, as it was decided`() {
        var walk = Walk()
        walk.reachSlot()
        walk.acceptor(.escrowed(.yuan(50)))
        walk.restart()

        let held = walk.acceptor(.connected(.running), .escrowed(.yuan(50)))
        walk.acceptor(.stacked(.yuan(50)))

        #expect(held.entries.isEmpty && held.actions.contains(.stackNote))
        #expect(walk.ledger.balance(.credit) == .yuan(50))
    }

    @Test func `a committed payment shows its outcome again and ends by itself`() {
        var walk = Walk()
        walk.reachSlot()
        walk.insert(50)
        walk.choose("finish")
        walk.settle(.credited)

        walk.restart()
        #expect(walk.ledger.openReceipts.isEmpty && walk.ledger.unprinted.count == 1)
        #expect(walk.screen.name == .outcome && walk.fact("slip") != nil)
        walk.choose("copy")
        #expect(walk.printed.map(\.copy) == [0, 1])
        walk.tell(.timerFired(.linger))
        walk.tell(.timerFired(.moreTime))

        #expect(walk.ledger.sessionsEnded == [.paid: 1] && walk.screen.name == .attract)
    }

    @Test func `a restart at every step of a visit loses and invents nothing`() {
        let moves: [(inout Walk) -> Void] = [
            { $0.reachSlot() }, { $0.acceptor(.escrowed(.yuan(50))) },
            { $0.acceptor(.stacked(.yuan(50))) }, { $0.choose("finish") },
            { $0.settle(.credited) }, { $0.receiptEnds(.sent) }, { $0.choose("done") },
        ]
        for cut in 1...moves.count {
            var walk = Walk()
            for move in moves[..<cut] { move(&walk) }

            walk.restart()
            if cut == 2 { walk.acceptor(.connected(.inStacker), .stacked(.yuan(50))) }
            if cut == 2 || cut == 3 { walk.choose("finish") }
            if cut >= 2, cut <= 4 { walk.settle(.credited, command: 2) }

            #expect(walk.ledger.balance(.posted) == (cut == 1 ? .zero : .yuan(50)), "cut \(cut)")
            #expect(walk.ledger.balance(.suspense) == .zero && walk.ledger.orders.count <= 1)
        }
    }

    @Test func `money in doubt before a number was chosen is told, and no more is taken`() {
        var walk = Walk()
        walk.choose("start", "en", "topUp")
        walk.acceptor(.connected(.clearAfterPowerUp), .stacked(.yuan(50)))

        walk.restart()
        #expect(walk.screen.name == .outcome && walk.taking.isEmpty)
        #expect(walk.keys.contains("outcome.body.doubtful"))
        walk.choose("done", "done")

        #expect(walk.ledger.sessionsEnded == [.failed: 1])
        #expect(walk.ledger.balance(.suspense) == .yuan(50))
    }

    @Test func `numbers are never used again`() {
        var walk = Walk()
        walk.reachSlot()
        walk.acceptor(.escrowed(.yuan(7)), .returned)
        walk.choose("quit")

        walk.restart()
        walk.reachSlot()
        walk.insert(50)

        #expect(walk.ledger.lastSession == SessionID(2) && walk.ledger.lastNote == NoteID(2))
    }
}
