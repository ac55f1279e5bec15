public import KioskModel

/// The kiosk's way to the office. HTTPS in production; the virtual network in the simulator.
public protocol OfficeConnection: Sendable {
    func send(_ batch: Batch) async throws(OfficeFault) -> BatchAnswer
    func ask(_ question: Question) async throws(OfficeFault) -> Answer
    /// Waits up to `Limits.longPoll` for commands later than `number`.
    func commands(epoch: Epoch, after number: Int64) async throws(OfficeFault) -> [Command]
}

/// Why the office did not do what was asked.
public enum OfficeFault: Error, Sendable, Hashable {
    /// No connection, no answer in time, 5xx, or an answer that is not the protocol's: try again later.
    case unreachable(String)
    /// The office or we refuse the other's certificate: a person must act.
    case untrusted(String)
    /// The office is there and told us to wait that long.
    case busy(retryAfter: Duration)
    /// The office says that the request is wrong.
    case refused(Refusal)
}
