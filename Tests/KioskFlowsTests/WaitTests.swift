import KioskModel
import Testing

@testable import KioskFlows

/// Every wait asks before it ends, and money that is in is never left lying.
@Suite struct WaitTests {
    /// The walk to each screen that waits for a person.
    enum Stop: String, Sendable, CaseIterable {
        case language, service, number, confirmNumber, account, insertNotes, outcome, rating
        case claimSlip, claimNumber, claimAnswer
    }

    private func walk(to stop: Stop) -> Walk {
        var walk = Walk()
        walk.choose("start")
        if stop == .language { return walk }
        walk.choose("en")
        switch stop {
        case .language, .service: break
        case .claimSlip, .claimNumber, .claimAnswer: claim(stop, &walk)
        case .number: walk.choose("topUp")
        case .confirmNumber, .account, .insertNotes, .outcome, .rating: topUp(stop, &walk)
        }
        return walk
    }

    private func claim(_ stop: Stop, _ walk: inout Walk) {
        walk.choose("claim")
        if stop == .claimSlip { return }
        walk.type("slip", SlipNumber(epoch: Epoch(bits: 7), session: SessionID(3)).digits)
        if stop == .claimAnswer { walk.type("number", "13800138000") }
    }

    private func topUp(_ stop: Stop, _ walk: inout Walk) {
        walk.choose("topUp")
        walk.type("number", "13800138000")
        if stop == .confirmNumber { return }
        walk.choose("confirm")
        if stop == .account { return }
        walk.tell(.account(.unavailable))
        walk.choose("continue")
        if stop == .insertNotes { return }
        walk.insert(50)
        walk.choose("finish")
        walk.settle(.credited)
        walk.receiptEnds(.sent)
        if stop == .rating { walk.choose("done") }
    }

    @Test(arguments: Stop.allCases)
    func `each wait asks for more time and ends within 30 seconds`(stop: Stop) {
        var walk = walk(to: stop)
        let before = walk.screen
        let timer: Timer = walk.timers[.idle] == nil ? .linger : .idle
        let first = walk.timers[timer]

        walk.tell(.timerFired(timer))
        #expect(walk.screen.name == .needMoreTime && walk.screen.facts.isEmpty)
        #expect((first ?? .zero) + (walk.timers[.moreTime] ?? .zero) == .seconds(30))
        walk.choose("more")
        #expect(walk.screen == before && walk.timers[timer] == first)
        walk.tell(.timerFired(timer))
        walk.tell(.timerFired(.moreTime))

        #expect(walk.screen.name == .attract && walk.ledger.openSession == nil)
        #expect(walk.timers.isEmpty)
    }

    @Test(arguments: [("end", .cancelled), (nil, .abandoned)] as [(String?, SessionOutcome)])
    func `without money a visit that is not answered is over`(
        choice: String?, outcome: SessionOutcome
    ) {
        var walk = walk(to: .insertNotes)
        walk.tell(.timerFired(.idle))

        if let choice { walk.choose(choice) } else { walk.tell(.timerFired(.moreTime)) }

        #expect(walk.ledger.sessionsEnded == [outcome: 1] && walk.screen.name == .attract)
    }

    @Test(arguments: ["end", nil] as [String?])
    func `with money in the payment finishes by itself`(choice: String?) {
        var walk = walk(to: .insertNotes)
        walk.insert(50)
        #expect(walk.timers[.idle] == .seconds(60))
        walk.tell(.timerFired(.idle))
        #expect(walk.timers[.moreTime] == .seconds(30) && walk.screen.secondsLeft == 30)
        #expect(walk.screen.amount == .yuan(50))

        if let choice { walk.choose(choice) } else { walk.tell(.timerFired(.moreTime)) }
        walk.tell(.timerFired(.settlement))
        for timer in [Timer.linger, .moreTime] { walk.tell(.timerFired(timer)) }

        #expect(walk.ledger.balance(.topUpDue) == .yuan(50))
        #expect(walk.ledger.sessionsEnded == [.paid: 1] && walk.screen.name == .attract)
    }

    @Test func `a note put in while the question stands is the answer`() {
        var walk = walk(to: .insertNotes)
        walk.insert(50)
        walk.tell(.timerFired(.idle))
        #expect(!walk.taking.isEmpty)

        walk.insert(20)

        #expect(walk.screen.name == .insertNotes && walk.screen.amount == .yuan(70))
    }

    @Test func `nobody is hurried while a note moves`() {
        var walk = walk(to: .insertNotes)

        walk.acceptor(.escrowed(.yuan(50)))

        #expect(walk.timers[.idle] == nil && walk.timers[.noteSettlement] != nil)
    }

    @Test func `typing starts the wait anew and changes nothing`() {
        var walk = walk(to: .number)

        let step = walk.type("typing", "")

        #expect(step == Step(actions: [.startTimer(.idle, .seconds(20))]))
        #expect(!walk.visit.accepts(.fields(["typing": "", "number": "1"])))
    }

    @Test(arguments: Timer.allCases)
    func `a timer that does not run means nothing`(timer: Timer) {
        var walk = Walk()

        #expect(walk.tell(.timerFired(timer)) == .nothing)
    }

    @Test func `goodbye makes room by itself`() {
        var walk = walk(to: .rating)
        walk.choose("skip")

        walk.tell(.timerFired(.linger))

        #expect(walk.screen.name == .attract && walk.ledger.sessionsEnded == [.paid: 1])
    }
}
