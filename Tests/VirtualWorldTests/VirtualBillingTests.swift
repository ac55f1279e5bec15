import KioskModel
import Testing
import VirtualWorld

struct VirtualBillingTests {
    private func number(_ digits: String) throws -> PhoneNumber {
        try PhoneGrammar.mainlandMobile.read(digits)
    }

    @Test func `an order is booked once however often it is sent`() throws {
        var billing = VirtualBilling()
        let number = try number("13800138000")
        for _ in 0..<3 { _ = billing.post(order: "A-1", number: number, amount: .yuan(70)) }

        #expect(billing.total == .yuan(70))
        #expect(billing.countsByOrder == ["A-1": 1])
        #expect(billing.requests == ["A-1": 3])
        #expect(billing.account(of: number)?.balance == Money(fen: 8230))
    }

    @Test func `another amount or number under the same order is a conflict`() throws {
        var billing = VirtualBilling()
        let number = try number("13800138000")
        _ = billing.post(order: "A-1", number: number, amount: .yuan(70))

        #expect(
            billing.post(order: "A-1", number: number, amount: .yuan(71)) == .answered(.conflict))
        let other = try self.number("13900139000")
        #expect(
            billing.post(order: "A-1", number: other, amount: .yuan(70)) == .answered(.conflict))
        #expect(billing.total == .yuan(70))
    }

    @Test func `cut-after books and says nothing; the question finds it`() throws {
        var billing = VirtualBilling()
        billing.mode = .cutAfter
        let outcome = billing.post(
            order: "A-1", number: try number("13900139000"), amount: .yuan(50))

        #expect(outcome == .cut)
        #expect(billing.posting(of: "A-1")?.amount == .yuan(50))
    }

    @Test func `down and refuses book nothing; a refusal stays`() throws {
        var billing = VirtualBilling()
        let number = try number("13700137000")
        billing.mode = .down
        #expect(billing.post(order: "A-1", number: number, amount: .yuan(50)) == .notReached)
        billing.mode = .refuses
        let refusal = billing.post(order: "A-1", number: number, amount: .yuan(50))
        billing.mode = .normal

        #expect(billing.post(order: "A-1", number: number, amount: .yuan(50)) == refusal)
        #expect(billing.total == .zero && billing.refusal(of: "A-1") != nil)
    }

    @Test func `accounts have masked names, arrears and a made-up rest; some numbers are unknown`()
        throws
    {
        let billing = VirtualBilling()

        #expect(billing.account(of: try number("13800138000"))?.maskedName == "张*明")
        #expect(billing.account(of: try number("13900139000"))?.balance == Money(fen: -3560))
        #expect(billing.account(of: try number("15912345678"))?.maskedName.count == 2)
        #expect(billing.account(of: try number("19900001234")) == nil)
        var other = billing
        #expect(
            other.post(order: "A-1", number: try number("19900001234"), amount: .yuan(50))
                == .answered(.unknownNumber))
    }
}
