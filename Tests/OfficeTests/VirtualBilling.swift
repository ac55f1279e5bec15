import KioskModel
import Office

/// The operator's billing system at the far end. It books every top-up that reaches it, a repeated one twice: posting once
/// is the office's duty.
actor VirtualBilling: BillingSystem {
    enum Mood: Sendable {
        case works
        case refuses
        /// Nobody at the other end.
        case down
        /// Books, then the connection breaks.
        case losesAnswers
        /// The request breaks off before it arrives.
        case losesRequests
        /// Books after that long, then answers.
        case slow(Duration)
        /// Takes it, does not decide yet.
        case undecided
    }

    struct Booked: Sendable, Hashable {
        let order: OrderID
        let phone: String
        let fen: Int64
    }

    let timekeeper: any Timekeeper
    var mood = Mood.works
    /// Moods of single numbers, before the general one.
    private var moods: [String: Mood] = [:]
    private(set) var booked: [Booked] = []
    private var refused: Set<OrderID> = []
    private var undecided: [OrderID: Booked] = [:]
    private(set) var calls = 0
    private(set) var inquiries = 0
    private(set) var mostAtOnce = 0
    private var atOnce = 0

    init(_ timekeeper: any Timekeeper) { self.timekeeper = timekeeper }

    func become(_ mood: Mood) { self.mood = mood }
    func become(_ mood: Mood, for phone: String) { moods[phone] = mood }

    /// Decides what it left open.
    func decide() {
        booked += undecided.values.sorted { $0.order.text < $1.order.text }
        undecided = [:]
    }

    func topUp(_ order: OrderID, phone: PhoneNumber, amount: Money) async throws(BillingFault)
        -> PostingAnswer
    {
        calls += 1
        atOnce += 1
        mostAtOnce = max(mostAtOnce, atOnce)
        defer { atOnce -= 1 }
        let item = Booked(order: order, phone: phone.clear, fen: amount.fen)
        switch moods[phone.clear] ?? mood {
        case .works:
            booked.append(item)
            return .completed(reference: "ref-\(order)")
        case .refuses:
            refused.insert(order)
            return .refused(reason: "\(phone.clear) is barred")
        case .down: throw .notSent("connection refused")
        case .losesAnswers:
            booked.append(item)
            throw .unknown("connection reset")
        case .losesRequests: throw .unknown("connection reset")
        case .slow(let duration):
            try await rest(duration)
            booked.append(item)
            return .completed(reference: "ref-\(order)")
        case .undecided:
            undecided[order] = item
            return .inProgress
        }
    }

    func posting(of order: OrderID) async throws(BillingFault) -> PostingAnswer? {
        inquiries += 1
        if case .down = mood { throw .notSent("connection refused") }
        if booked.contains(where: { $0.order == order }) { return .completed(reference: "ref") }
        if refused.contains(order) { return .refused(reason: "the number is barred") }
        return undecided[order] == nil ? nil : .inProgress
    }

    func account(of phone: PhoneNumber) async throws(BillingFault) -> AccountAnswer {
        switch mood {
        case .down: throw .notSent("connection refused")
        case .slow(let duration): try await rest(duration)
        default: break
        }
        return phone.clear.hasSuffix("0")
            ? .found(name: "张*明", balance: Money(fen: -1250)) : .notFound
    }

    private func rest(_ duration: Duration) async throws(BillingFault) {
        do { try await timekeeper.sleep(for: duration) } catch { throw .unknown("cancelled") }
    }
}
