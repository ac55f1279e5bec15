internal import KioskModel
internal import Office
internal import OfficeProtocol
internal import VirtualWorld

/// Where all kiosks' batches arrive: counts them, second by second, and hands them to the real office.
final class StormDoor: @unchecked Sendable {
    let office: Office
    let machine: StormMachine
    let time: VirtualScheduler
    let pacing: Storm.Pacing
    var isOpen = false
    /// What came in each second after the door opened.
    struct Second: Hashable, Sendable {
        var (arrived, taken, refused, events) = (0, 0, 0, 0)
    }
    private(set) var seconds: [Second] = []
    private(set) var total = Second()
    private(set) var openedNs: Int64 = 0
    private(set) var (paced, longestWaitMs, atOnce, mostAtOnce, slowestAnswerMs) = (0, 0, 0, 0, 0)
    /// How often each kiosk's money found no room.
    private(set) var moneyRefusals: [KioskID: Int] = [:]
    /// Answers that no honest kiosk should get.
    private(set) var surprises: [String] = []
    private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    var onLine: ((String) -> Void)?
    static let way: Duration = .milliseconds(20)

    init(
        office: Office, machine: StormMachine, time: VirtualScheduler, pacing: Storm.Pacing
    ) { (self.office, self.machine, self.time, self.pacing) = (office, machine, time, pacing) }

    func open() { (isOpen, openedNs) = (true, time.nowNs) }

    private func count(_ change: (inout Second) -> Void) {
        let second = Int((time.nowNs - openedNs) / 1_000_000_000)
        while seconds.count <= second { seconds.append(Second()) }
        change(&seconds[second])
        change(&total)
    }

    /// FNV-1a. Source: draft-eastlake-fnv-17, section 2.
    private func tell(_ line: @autoclosure () -> String) {
        digest = (digest ^ UInt64(bitPattern: time.nowNs)) &* 0x100_0000_01B3
        onLine?("\(Double(time.nowNs - openedNs) / 1_000_000_000)  \(line())")
    }

    func travel() async throws(OfficeFault) {
        // Cancelled: the kiosk has gone.
        try? await time.sleep(for: StormDoor.way)
        guard isOpen else { throw .unreachable("no route to the office") }
    }

    func take(_ batch: Batch, from kiosk: KioskID) async throws(OfficeFault) -> BatchAnswer {
        let (arrived, lane) = (time.nowNs, batch.lane.rawValue)
        count { $0.arrived += 1 }
        atOnce += 1
        mostAtOnce = max(mostAtOnce, atOnce)
        defer { atOnce -= 1 }
        machine.take(events: batch.events.count)
        let answer: BatchAnswer
        do {
            answer = try await office.take(batch, from: kiosk)
        } catch {
            machine.take(events: error.code == .busy ? -batch.events.count : 0)
            throw turnedAway(error, lane, kiosk)
        }
        count { second in
            second.taken += 1
            second.events += batch.events.count
        }
        slowestAnswerMs = max(slowestAnswerMs, Int((time.nowNs - arrived) / 1_000_000))
        tell("\(kiosk) \(lane) acked \(answer.acked), next after \(answer.nextAfterMs) ms")
        guard pacing == .full else { return BatchAnswer(acked: answer.acked, nextAfterMs: 0) }
        if answer.nextAfterMs > 0 { paced += 1 }
        longestWaitMs = max(longestWaitMs, answer.nextAfterMs)
        return answer
    }

    private func turnedAway(_ refusal: Refusal, _ lane: String, _ kiosk: KioskID) -> OfficeFault {
        guard refusal.code == .busy else {
            surprises.append("\(kiosk) \(lane): \(refusal.code.rawValue), \(refusal.reason)")
            return .refused(refusal)
        }
        count { $0.refused += 1 }
        if lane == Lane.money.rawValue { moneyRefusals[kiosk, default: 0] += 1 }
        // Whole seconds, as `Retry-After` has them.
        let seconds = ((refusal.retryAfterMs ?? 5_000) + 999) / 1000
        longestWaitMs = max(longestWaitMs, seconds * 1000)
        tell("\(kiosk) \(lane) busy, \(seconds) s")
        return .busy(retryAfter: pacing == .full ? .seconds(seconds) : .zero)
    }
}

/// One kiosk's way to the office.
struct StormLine: OfficeConnection {
    let door: StormDoor
    let kiosk: StormKiosk

    func send(_ batch: Batch) async throws(OfficeFault) -> BatchAnswer {
        try await door.travel()
        let answer = try await door.take(batch, from: kiosk.id)
        try await door.travel()
        kiosk.hear(answer, of: batch.lane)
        return answer
    }

    func ask(_ question: Question) async throws(OfficeFault) -> Answer {
        throw .unreachable("nobody asks in a storm")
    }

    func commands(epoch: Epoch, after number: Int64) async throws(OfficeFault) -> [Command] {
        try await door.travel()
        let commands: [Command]
        do {
            commands = try await door.office.commands(
                for: kiosk.id, epoch: epoch, after: number, within: Limits.longPoll)
        } catch {
            throw error.code == .busy ? .busy(retryAfter: .seconds(60)) : .refused(error)
        }
        try await door.travel()
        return commands
    }
}

/// The operator's billing system: well, and not infinitely fast.
final class StormBank: BillingSystem, @unchecked Sendable {
    private(set) var books = VirtualBilling()
    private let time: VirtualScheduler
    private static let answersAfter: Duration = .milliseconds(20)

    init(time: VirtualScheduler) { self.time = time }

    func topUp(_ order: OrderID, phone: PhoneNumber, amount: Money) async throws(BillingFault)
        -> PostingAnswer
    {
        try? await time.sleep(for: StormBank.answersAfter)
        switch books.post(order: order.text, number: phone, amount: amount) {
        case .answered(.completed(let posting)): return .completed(reference: posting.reference)
        case .answered(.refused(let reason)): return .refused(reason: reason)
        case .answered(.unknownNumber): return .refused(reason: "unknown number")
        case .answered(.conflict): return .refused(reason: "another amount under this order")
        case .notReached, .cut: throw .unknown("a healthy system was not reached")
        }
    }

    func posting(of order: OrderID) async throws(BillingFault) -> PostingAnswer? {
        books.posting(of: order.text).map { .completed(reference: $0.reference) }
    }

    func account(of phone: PhoneNumber) async throws(BillingFault) -> AccountAnswer { .notFound }
}
