import KioskModel
import Testing

/// What the office says of an order moves money once, and only forward.
struct OrderStateTests {
    private let order = OrderID(kiosk: .k1, epoch: Epoch(bits: 7), session: SessionID(1))

    /// A visit that has sold 70 yuan.
    private func sold() throws -> KioskLedger {
        let phone = try PhoneGrammar.mainlandMobile.read("13800138000")
        let (session, first, second) = (SessionID(1), NoteID(1), NoteID(2))
        return KioskLedger([
            .sessionStarted(session: session, order: order),
            .numberChosen(session: session, phone: phone),
            .noteOffered(note: first, value: .yuan(50), session: session),
            .stackIntended(note: first),
            .noteCredited(note: first, value: .yuan(50), session: session),
            .noteOffered(note: second, value: .yuan(20), session: session),
            .stackIntended(note: second),
            .noteCredited(note: second, value: .yuan(20), session: session),
            .paymentCommitted(
                order: order, slip: SlipNumber(epoch: Epoch(bits: 7), session: session),
                phone: phone, amount: .yuan(70)),
            .sessionEnded(session: session, outcome: .paid),
        ])
    }

    @Test func `a credit that the office says again is booked once`() throws {
        var books = try sold()

        books.apply(.orderSettled(order: order, state: .credited, command: 1))
        books.apply(.orderSettled(order: order, state: .credited, command: 1))

        #expect(books.balance(.posted) == .yuan(70))
        #expect(books.balance(.topUpDue) == .zero)
        #expect(books.brokenInvariantOfAll == nil)
    }

    @Test(arguments: [OrderState.credited, .refused, .refunded], OrderState.allCases)
    func `an older answer changes nothing`(_ reached: OrderState, _ late: OrderState) throws {
        var books = try sold()
        if reached == .refunded {
            books.apply(.orderSettled(order: order, state: .refused, command: 1))
        }
        books.apply(.orderSettled(order: order, state: reached, command: 2))
        let before = books

        books.apply(.orderSettled(order: order, state: late, command: 2))

        if (reached, late) == (.refused, .refunded) {
            #expect(books.order(order)?.state == .refunded)
        } else {
            #expect(books == before)
        }
    }

    @Test func `a refused payment is owed back until it is paid back`() throws {
        var books = try sold()

        books.apply(.orderSettled(order: order, state: .checking, command: 1))
        books.apply(.orderSettled(order: order, state: .refused, command: 2))
        #expect(books.balance(.refundDue) == .yuan(70) && books.balance(.topUpDue) == .zero)
        books.apply(.orderSettled(order: order, state: .refunded, command: 3))

        #expect(books.balance(.refunded) == .yuan(70) && books.balance(.refundDue) == .zero)
        #expect(books.brokenInvariantOfAll == nil)
    }
}
