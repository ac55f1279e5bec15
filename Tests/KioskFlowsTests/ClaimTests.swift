import KioskModel
import Testing

@testable import KioskFlows

/// "Where is my money?"
@Suite struct ClaimTests {
    private let slip = SlipNumber(epoch: Epoch(bits: 0x42), session: SessionID(42))

    private func asking() -> Walk {
        var walk = Walk()
        walk.choose("start", "zh-Hans", "claim")
        walk.type("slip", slip.digits)
        walk.type("number", "13800138000")
        return walk
    }

    @Test func `slip and number are asked about, and no session is started`() {
        let walk = asking()

        #expect(walk.questions == [.askClaim(slip, Walk.phone)])
        #expect(walk.screen.name == .claimAnswer && walk.keys == ["claimAnswer.body.asking"])
        #expect(walk.entries.isEmpty)
    }

    @Test(arguments: OrderState.allCases)
    func `the answer says where the money is`(state: OrderState) {
        var walk = asking()

        walk.tell(.claim(.found(amount: .yuan(70), state: state, at: walk.now)))

        #expect(walk.screen.amount == .yuan(70) && walk.keys.contains("state.\(state.rawValue)"))
        #expect(walk.keys.contains("refund.how") == (state == .refused))
        walk.choose("done")
        #expect(walk.screen.name == .attract)
    }

    @Test(arguments: [
        (ClaimAnswer.notFound, "claimAnswer.body.notFound"),
        (.unavailable, "claimAnswer.body.unavailable"),
    ])
    func `no answer is said honestly, with whom to call`(answer: ClaimAnswer, key: String) {
        var walk = asking()

        walk.tell(.claim(answer))

        #expect(walk.keys == [key, "claimAnswer.body.hotline"] && walk.screen.amount == nil)
    }

    @Test(arguments: ["", "1", "000420000043", "00042 000042", "abcdefghijkl", "０００４２００００４２８"])
    func `a wrong slip number is refused`(text: String) {
        var walk = Walk()
        walk.choose("start", "zh-Hans", "claim")

        walk.type("slip", text)

        #expect(walk.screen.keypad?.complaint?.key == "complaint.wrongSlip")
    }

    @Test func `a wrong phone number keeps the slip`() {
        var walk = Walk()
        walk.choose("start", "zh-Hans", "claim")
        walk.type("slip", slip.digits)

        walk.type("number", "1")
        #expect(walk.screen.keypad?.complaint?.key == "complaint.tooShort")
        walk.type("number", "13800138000")

        #expect(walk.questions == [.askClaim(slip, Walk.phone)])
    }

    @Test func `the answer to somebody who has left is not shown to the next`() {
        var walk = asking()
        walk.choose("done", "start", "en", "claim")
        walk.type("slip", SlipNumber(epoch: Epoch(bits: 1), session: SessionID(1)).digits)
        walk.type("number", "13900139000")
        #expect(walk.questions.count == 1)

        walk.tell(.claim(.found(amount: .yuan(70), state: .credited, at: walk.now)))

        #expect(walk.screen.amount == nil && walk.questions.count == 2)
    }
}
