import KioskModel
import Testing

@testable import KioskFlows

/// Commit, outcome, receipts and the session's end.
@Suite struct PaymentTests {
    private func paying(_ services: Services = .all) -> Walk {
        var walk = Walk(services: services)
        walk.reachSlot()
        walk.insert(50)
        walk.choose("finish")
        return walk
    }

    @Test(arguments: [
        (OrderState.credited, Screen.Name.outcome), (.refused, .outcome), (.checking, .finishing),
        (.queued, .finishing),
    ])
    func `the outcome waits for a word that is final`(state: OrderState, name: Screen.Name) {
        var walk = paying()

        walk.settle(state)

        #expect(walk.screen.name == name)
        #expect(walk.printed.map(\.state) == (name == .outcome ? [state] : []))
    }

    @Test func `an office that stays silent leaves the payment queued`() {
        var walk = paying()
        #expect(walk.screen.choices.isEmpty && walk.timers[.settlement] == .seconds(8))

        walk.tell(.timerFired(.settlement))

        #expect(walk.printed.map(\.state) == [.queued])
        #expect(walk.keys.isSuperset(of: ["state.queued", "outcome.body.queued"]))
    }

    @Test func `nobody waits for an office that is known to be away`() {
        let walk = paying(.without(office: false))

        #expect(walk.screen.name == .outcome && walk.printed.map(\.state) == [.queued])
    }

    @Test func `a refused payment is a claim the customer can see`() {
        var walk = paying()

        walk.settle(.refused)

        #expect(walk.keys.isSuperset(of: ["state.refused", "refund.how"]))
        #expect(
            walk.fact("slip") == SlipNumber(epoch: Epoch(bits: 0x42), session: .init(1)).grouped)
        #expect(walk.ledger.balance(.refundDue) == .yuan(50))
    }

    @Test func `the office's word on an earlier order is written down in any state`() {
        var walk = paying()
        walk.tell(.timerFired(.settlement))
        walk.receiptEnds(.sent)
        walk.choose("done", "skip", "done", "start", "en")

        walk.settle(.credited, command: 9)

        #expect(walk.ledger.balance(.posted) == .yuan(50) && walk.ledger.lastCommand == 9)
        #expect(walk.screen.name == .service)
    }

    @Test func `a later word changes the outcome that is shown, not the paper`() {
        var walk = paying()
        walk.tell(.timerFired(.settlement))

        walk.settle(.credited)

        #expect(walk.keys.contains("state.credited"))
        #expect(walk.printed.map(\.state) == [.queued])
    }

    @Test(arguments: ReceiptResult.allCases)
    func `what is known of the receipt is said`(result: ReceiptResult) {
        var walk = paying()
        walk.settle(.credited)
        #expect(walk.keys.contains("outcome.body.receipt.printing"))

        walk.receiptEnds(result)

        #expect(walk.keys.contains("outcome.body.receipt.\(result.rawValue)"))
        #expect(walk.offered == ["done", "copy"])
    }

    @Test func `a dead printer stops no payment and lets no stale paper out`() {
        var walk = paying(.without(receipts: [.printerUnavailable]))

        walk.settle(.credited)

        #expect(walk.printed.isEmpty && walk.ledger.unprinted.count == 1)
        #expect(
            walk.keys.isSuperset(of: [
                "outcome.body.receipt.failed", "hindrance.printerUnavailable",
                "outcome.body.noteSlip",
            ]))
        #expect(walk.fact("slip") != nil && walk.offered == ["done"])
    }

    @Test func `two marked copies and no more`() {
        var walk = paying()
        walk.settle(.credited)
        walk.receiptEnds(.failed)

        walk.choose("copy")
        #expect(walk.offered == ["done"], "one at a time")
        walk.receiptEnds(.unknown)
        walk.choose("copy")
        walk.receiptEnds(.confirmed)

        #expect(walk.printed.map(\.copy) == [0, 1, 2] && walk.offered == ["done"])
    }

    @Test func `a hurried customer still gets the paper`() {
        var walk = paying()
        walk.settle(.credited)

        let leaving = walk.choose("done", "5", "done")
        #expect(walk.screen.name == .goodbye && !leaving.actions.contains(.cancelPrints))
        walk.receiptEnds(.confirmed)

        #expect(walk.screen.name == .attract && walk.ledger.unprinted.isEmpty)
    }

    @Test func `paper that never came is unknown when the session ends`() {
        var walk = paying()
        walk.settle(.credited)
        walk.choose("done", "5", "done")

        let step = walk.tell(.timerFired(.linger))

        #expect(step.actions.contains(.cancelPrints) && walk.screen.name == .attract)
        #expect(walk.ledger.openReceipts.isEmpty && walk.ledger.unprinted.count == 1)
        #expect(walk.tell(.receiptEnded(walk.printed[0].order, copy: 0, .sent)).entries.isEmpty)
    }

    @Test func `the payment waits for the note that is still moving`() {
        var walk = Walk()
        walk.reachSlot()
        walk.insert(50)
        walk.acceptor(.escrowed(.yuan(20)))

        walk.choose("finish")
        #expect(walk.screen.name == .finishing && walk.ledger.orders.isEmpty)
        #expect(walk.taking.isEmpty && walk.timers == [.noteSettlement: .seconds(60)])
        walk.acceptor(.stacked(.yuan(20)))

        #expect(walk.ledger.orders.map(\.amount) == [.yuan(70)])
    }

    @Test func `doubtful money is on the outcome and on the receipt, and not in the sum`() {
        var walk = Walk()
        walk.reachSlot()
        walk.insert(50)
        walk.acceptor(.escrowed(.yuan(20)))
        walk.choose("finish")

        walk.tell(.timerFired(.noteSettlement))
        walk.settle(.credited)

        #expect(walk.printed.map(\.amount) == [.yuan(50)])
        #expect(walk.printed.map(\.doubtful) == [.yuan(20)])
        #expect(walk.fact("doubtful") == "¥20.00" && walk.keys.contains("outcome.body.doubtful"))
    }

    @Test func `a visit with doubtful money only ends honestly`() {
        var walk = Walk()
        walk.reachSlot()
        walk.acceptor(.escrowed(.yuan(50)), .conditions([.cheated]))

        walk.choose("finish")
        #expect(walk.screen.name == .outcome && walk.screen.amount == nil)
        #expect(walk.keys == ["outcome.body.doubtful", "outcome.body.noteSlip"])
        #expect(walk.fact("slip") != nil && walk.printed.isEmpty)
        walk.choose("done", "done")

        #expect(walk.ledger.sessionsEnded == [.failed: 1] && walk.ledger.orders.isEmpty)
    }

    @Test func `a note offered after finishing goes back`() {
        var walk = paying()

        let step = walk.acceptor(.escrowed(.yuan(20)))

        #expect(
            step.entries.last == .returnIntended(note: NoteID(2), reason: .acceptingStopped))
        walk.acceptor(.returned)
        walk.settle(.credited)
        #expect(walk.printed.map(\.amount) == [.yuan(50)])
    }

    @Test(arguments: [("1", 1), ("5", 5)])
    func `a rating is written after the payment`(choice: String, stars: Int) {
        var walk = paying()
        walk.settle(.credited)

        let step = walk.choose("done", choice)

        #expect(step.entries == [.rated(session: SessionID(1), stars: stars)])
    }
}
