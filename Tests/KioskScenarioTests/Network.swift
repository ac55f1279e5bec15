import KioskModel
import Office
import OfficeProtocol

/// The line between one kiosk and the office, which can be cut.
actor Network: OfficeConnection {
    private let office: Office
    private let kiosk: KioskID
    private let timekeeper: any Timekeeper
    private var isDown = false
    private(set) var batches = 0

    init(office: Office, kiosk: KioskID, timekeeper: any Timekeeper) {
        (self.office, self.kiosk, self.timekeeper) = (office, kiosk, timekeeper)
    }

    func goDown() { isDown = true }
    func comeBack() { isDown = false }

    func send(_ batch: Batch) async throws(OfficeFault) -> BatchAnswer {
        try await travel()
        batches += 1
        let answer: BatchAnswer
        do { answer = try await office.take(batch, from: kiosk) } catch { throw .refused(error) }
        try await travel()
        return answer
    }

    func ask(_ question: Question) async throws(OfficeFault) -> Answer {
        try await travel()
        let answer = await office.answer(question, from: kiosk)
        try await travel()
        return answer
    }

    func commands(epoch: Epoch, after number: Int64) async throws(OfficeFault) -> [Command] {
        try await travel()
        let commands: [Command]
        do {
            commands = try await office.commands(
                for: kiosk, epoch: epoch, after: number, within: Limits.longPoll)
        } catch { throw .refused(error) }
        try await travel()
        return commands
    }

    /// One way through the network.
    private func travel() async throws(OfficeFault) {
        // Cancelled: the kiosk has gone.
        try? await timekeeper.sleep(for: .milliseconds(20))
        guard !isDown else { throw .unreachable("no route to the office") }
    }
}
