import KioskModel
import Testing

@testable import KioskFlows

/// Services that fail before, during and after the money.
@Suite struct HindranceTests {
    @Test(arguments: [
        Services.Hindrance.acceptorUnavailable, .cassetteFull, .cassetteRemoved, .journalTrouble,
        .offlineTooLong,
    ])
    func `a top-up that cannot work is shown with its reason`(hindrance: Services.Hindrance) {
        var walk = Walk(services: .without(cash: [hindrance]))

        walk.choose("start", "en")

        let topUp = walk.screen.choices.first { $0.id == "topUp" }
        #expect(topUp?.unavailable?.key == "hindrance.\(hindrance.rawValue)")
        #expect(walk.offered == ["claim", "quit"])
        walk.tell(.services(.all))
        #expect(walk.offered == ["topUp", "claim", "quit"])
    }

    @Test func `before money the customer is led back and told why`() {
        var walk = Walk()
        walk.reachSlot()

        walk.tell(.services(.without(cash: [.cassetteRemoved])))

        #expect(walk.screen.name == .service && walk.screen.language == .english)
        #expect(walk.screen.choices.first?.unavailable?.key == "hindrance.cassetteRemoved")
        #expect(walk.ledger.sessionsEnded == [.failed: 1] && walk.taking.isEmpty)
    }

    @Test func `with money in the slot closes, says why, and finishing is offered`() {
        var walk = Walk()
        walk.reachSlot()
        walk.insert(50)

        walk.tell(.services(.without(cash: [.cassetteFull])))

        #expect(walk.taking.isEmpty && walk.offered == ["finish"])
        #expect(
            walk.keys.isSuperset(of: ["hindrance.cassetteFull", "insertNotes.body.stopped"]))
        walk.choose("finish")
        #expect(walk.ledger.balance(.topUpDue) == .yuan(50))
    }

    @Test func `a unit lost with a note inside is waited for`() {
        var walk = Walk()
        walk.reachSlot()
        walk.acceptor(.escrowed(.yuan(50)), .lost(.gone))

        walk.tell(.services(.without(cash: [.acceptorUnavailable])))
        #expect(walk.screen.name == .insertNotes && walk.ledger.openNote != nil)
        walk.tell(.services(.all))
        walk.acceptor(.connected(.inStacker), .stacked(.yuan(50)))

        #expect(walk.screen.amount == .yuan(50) && walk.offered == ["finish"])
    }

    @Test func `a unit lost for good with the only note leads to an honest end`() {
        var walk = Walk()
        walk.reachSlot()
        walk.acceptor(.escrowed(.yuan(50)), .lost(.gone))
        walk.tell(.services(.without(cash: [.acceptorUnavailable])))

        walk.tell(.timerFired(.noteSettlement))

        #expect(walk.offered == ["finish"] && walk.ledger.balance(.suspense) == .yuan(50))
    }

    @Test func `a note that came back from a dead unit leads back to the menu`() {
        var walk = Walk()
        walk.reachSlot()
        walk.acceptor(.escrowed(.yuan(50)))
        walk.tell(.services(.without(cash: [.acceptorUnavailable])))

        walk.acceptor(.returned)

        #expect(walk.screen.name == .service && walk.ledger.sessionsEnded == [.failed: 1])
    }

    @Test func `out of service tells who has money in and whom to call`() {
        var walk = Walk()
        #expect(walk.visit.outOfService.facts.isEmpty)
        walk.reachSlot()
        walk.insert(50)

        let screen = walk.visit.outOfService

        #expect(screen.name == .outOfService && screen.amount == .yuan(50))
        #expect(screen.facts.map(\.label.key) == ["fact.slip"] && screen.choices.isEmpty)
        #expect(screen.body.last?.gaps == ["hotline": "10000"])
    }
}
