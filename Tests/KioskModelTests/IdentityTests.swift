import KioskModel
import Testing

/// What people and programs call a payment by.
struct IdentityTests {
    @Test func `a kiosk set up anew gives other slip numbers and other order ids`() {
        let lives = [Epoch(bits: 1), Epoch(bits: 2), Epoch(bits: 99_999)]

        let slips = lives.map { SlipNumber(epoch: $0, session: SessionID(1)) }
        let orders = lives.map { OrderID(kiosk: .k1, epoch: $0, session: SessionID(1)) }

        #expect(Set(slips).count == lives.count)
        #expect(Set(orders).count == lives.count)
    }

    @Test func `every payment of one life has its own slip number and order id`() {
        let sessions = (1...2000).map { SessionID(Int64($0)) }

        let slips = Set(sessions.map { SlipNumber(epoch: Epoch(bits: 5), session: $0) })
        let orders = Set(
            sessions.map { OrderID(kiosk: .k1, epoch: Epoch(bits: 5), session: $0) })

        #expect(slips.count == sessions.count)
        #expect(orders.count == sessions.count)
    }

    @Test func `one wrong digit makes a slip number none`() throws {
        let slip = SlipNumber(epoch: Epoch(bits: 123_456), session: SessionID(42))
        #expect(SlipNumber(typed: slip.digits) == slip)

        for place in 0..<12 {
            for digit in "0123456789" {
                var typed = Array(slip.digits)
                guard typed[place] != digit else { continue }
                typed[place] = digit
                #expect(SlipNumber(typed: String(typed)) == nil)
            }
        }
    }
}
