import KioskModel
import Testing

@testable import KioskFlows

/// Whole visits, from the first touch to the free screen.
@Suite struct TopUpTests {
    @Test func `a customer tops up 70 yuan with a 50 and a 20`() {
        var walk = Walk()

        walk.reachSlot()
        walk.insert(50, 20)
        walk.choose("finish")
        walk.settle(.credited)
        walk.receiptEnds(.confirmed)
        walk.choose("done", "5", "done")

        #expect(walk.screen.name == .attract)
        #expect(walk.ledger.balance(.posted) == .yuan(70))
        #expect(walk.ledger.sessionsEnded == [.paid: 1])
        #expect(walk.printed.map(\.state) == [.credited])
        #expect(walk.printed.first?.notes == [.yuan(50), .yuan(20)])
    }

    @Test func `the screens follow each other as a person reads them`() {
        var walk = Walk()
        var names = [walk.screen.name]
        func see(_ walk: Walk) { names.append(walk.screen.name) }

        for id in ["start", "en", "topUp"] {
            walk.choose(id)
            see(walk)
        }
        walk.type("number", "13800138000")
        see(walk)
        #expect(walk.fact("number") == "138 0013 8000")
        walk.choose("confirm")
        see(walk)
        walk.tell(.account(.found(name: "张*明", balance: .yuan(-35))))
        #expect(walk.fact("arrears") == "¥35.00")
        walk.choose("continue")
        see(walk)
        #expect(walk.fact("arrears") == "¥35.00" && walk.fact("number") == "138****8000")
        walk.insert(50)
        walk.choose("finish")
        see(walk)
        walk.settle(.credited)
        see(walk)
        for id in ["done", "5"] {
            walk.choose(id)
            see(walk)
        }

        #expect(
            names == [
                .attract, .language, .service, .number, .confirmNumber, .account, .insertNotes,
                .finishing, .outcome, .rating, .goodbye,
            ])
    }

    @Test func `no change, the least sum and a missing receipt are said before the first note`() {
        var walk = Walk(services: .without(receipts: [.paperOut]))

        walk.identify()
        let step = walk.choose("continue")

        #expect(walk.keys.contains("insertNotes.body.noChange"))
        #expect(walk.keys.contains("insertNotes.body.limits"))
        #expect(walk.keys.contains("hindrance.paperOut"))
        #expect(walk.keys.contains("insertNotes.body.noReceipt"))
        // The slot opens only after it has been said.
        #expect(step.actions.last == .acceptCash(Walk.notes))
    }

    @Test func `a single language is not asked for`() {
        var walk = Walk(Walk.settings(languages: [.english]))

        walk.choose("start")

        #expect(walk.screen.name == .service && walk.screen.language == .english)
    }

    @Test(arguments: [
        ("138 0013 8000", "complaint.notDigits"), ("+8613800138000", "complaint.notDigits"),
        ("１３８００１３８０００", "complaint.notDigits"), ("", "complaint.tooShort"),
        ("1380013800", "complaint.tooShort"), ("138001380000", "complaint.tooLong"),
        ("12800138000", "complaint.unknownPrefix"), ("01380013800", "complaint.unknownPrefix"),
        (String(repeating: "1", count: 4000), "complaint.notDigits"),
    ])
    func `a wrong number is refused with its reason`(text: String, complaint: String) {
        var walk = Walk()
        walk.choose("start", "zh-Hans", "topUp")

        let step = walk.type("number", text)

        #expect(step.entries.isEmpty && walk.screen.name == .number)
        #expect(walk.screen.keypad?.complaint?.key == complaint)
    }

    @Test func `an unknown number takes no money and can be changed`() {
        var walk = Walk()
        walk.choose("start", "en", "topUp")
        walk.type("number", "13900139000")
        walk.choose("confirm")

        walk.tell(.account(.notFound))
        #expect(walk.offered == ["change", "quit"])
        walk.choose("change")
        walk.type("number", "13800138000")
        walk.choose("confirm")
        walk.tell(.account(.unavailable))
        walk.choose("continue")
        walk.insert(20)
        walk.choose("finish")

        #expect(walk.ledger.orders.map(\.phone) == [Walk.phone])
    }

    @Test func `the answer about another number is never shown`() {
        var walk = Walk()
        walk.choose("start", "en", "topUp")
        walk.type("number", "13900139000")
        walk.choose("confirm", "change")
        walk.type("number", "13800138000")
        let confirmed = walk.choose("confirm")
        #expect(!confirmed.actions.contains(.askAccount(Walk.phone)), "one question at a time")

        let late = walk.tell(.account(.found(name: "李*", balance: .yuan(1))))
        #expect(late.actions == [.askAccount(Walk.phone)])
        #expect(walk.fact("name") == nil)
        walk.tell(.account(.found(name: "张*明", balance: .yuan(12))))

        #expect(walk.fact("name") == "张*明")
    }

    @Test func `nothing is asked about a customer who has left`() {
        var walk = Walk()
        walk.choose("start", "en", "topUp")
        walk.type("number", "13900139000")
        walk.choose("confirm", "change")
        walk.type("number", "13800138000")
        walk.choose("confirm", "quit")

        let late = walk.tell(.account(.unavailable))

        #expect(late == .nothing)
    }

    @Test func `a new visit shows nothing of the one before`() {
        var walk = Walk(Walk.settings(languages: [.chinese]))
        walk.choose("start", "topUp")
        walk.type("number", "13800138000")
        walk.choose("confirm", "quit")

        walk.tell(.account(.found(name: "张*明", balance: .yuan(-35))))
        walk.choose("start", "topUp")
        walk.type("number", "13900139000")
        walk.choose("confirm")

        #expect(walk.fact("name") == nil && walk.fact("number") == "139 0013 9000")
        #expect(walk.ledger.sessionsEnded == [.cancelled: 1])
    }

    @Test func `a clock that jumps ten years changes the printed time and nothing else`() {
        var (straight, jumping) = (Walk(), Walk())

        straight.reachSlot()
        jumping.reachSlot()
        jumping.now = WallTime(milliseconds: 4_000_000_000_000)
        straight.insert(50)
        jumping.insert(50)
        jumping.now = WallTime(milliseconds: 1)
        straight.choose("finish")
        jumping.choose("finish")
        straight.settle(.credited)
        jumping.settle(.credited)

        #expect(straight.ledger.balances == jumping.ledger.balances)
        #expect(straight.screen == jumping.screen)
        #expect(jumping.printed.map(\.at.milliseconds) == [1])
    }

    @Test func `only what the screen offers is accepted`() {
        var walk = Walk()
        let wrong: [Input] = [
            .choice("finish"), .choice(""), .choice("Start"), .fields(["number": "1"]),
            .fields([:]),
        ]
        for input in wrong {
            #expect(!walk.visit.accepts(input))
            #expect(walk.tell(.customer(input)) == .nothing)
        }

        walk.reachSlot()

        #expect(!walk.visit.accepts(.choice("finish")), "nothing to pay with yet")
        #expect(walk.visit.accepts(.choice("quit")))
        #expect(!walk.visit.accepts(.fields(["number": "13800138000"])))
    }
}
