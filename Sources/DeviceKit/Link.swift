public import KioskModel

/// A way to exchange bytes with a device: a serial line, a USB bridge, a transcript. It knows nothing of their meaning.
///
/// One owner at a time. All calls throw a `Fault` of kind `communication` when the device is gone; the caller closes,
/// waits and opens again.
public protocol ByteLink: Sendable {
    /// Opens with the profile's line settings and throws away what was waiting. Opening an open link closes it first.
    func open() async throws(Fault)
    func write(_ bytes: [UInt8]) async throws(Fault)
    /// Bytes as soon as there are any, at most 4096; empty when `limit` passes in silence.
    func read(within limit: Duration) async throws(Fault) -> [UInt8]
    /// Throws away what has been received and not read.
    func discardInput() async throws(Fault)
    func close() async
}

/// How a serial line is set; part of a profile.
public struct SerialSettings: Sendable, Hashable {
    public enum Parity: String, Sendable, CaseIterable { case none, odd, even }
    public var baud: Int
    public var dataBits: Int
    public var parity: Parity
    public var stopBits: Int
    /// Modem lines after opening: some units draw power from them, some listen to RTS.
    public var dtr: Bool
    public var rts: Bool
    public init(
        baud: Int, dataBits: Int = 8, parity: Parity = .none, stopBits: Int = 1, dtr: Bool = false,
        rts: Bool = false
    ) {
        (self.baud, self.dataBits, self.parity, self.stopBits) = (baud, dataBits, parity, stopBits)
        (self.dtr, self.rts) = (dtr, rts)
    }
}

/// A print queue (CUPS): jobs go in, states are asked for. Source of the states: RFC 8011 5.3.7 and 5.4.11.
public protocol PrintLink: Sendable {
    /// Hands a finished document over as one job; the title never holds personal data. Answers the job's id.
    func submit(_ bytes: [UInt8], title: String) async throws(Fault) -> Int
    func state(ofJob job: Int) async throws(Fault) -> PrintJobState
    func queueState() async throws(Fault) -> PrintQueueState
    /// Cancels every job that is not finished.
    func cancelAll() async throws(Fault)
    /// Lets a stopped queue go on. Cancel first: a stopped queue prints what waits in it.
    func resume() async throws(Fault)
}

public enum PrintJobState: Int, Sendable, Hashable {
    case pending = 3, held, processing, stopped, canceled, aborted, completed
    /// The queue does not know the job (any more): never read as completed.
    case unknown = 0
}

public struct PrintQueueState: Sendable, Hashable {
    public enum State: Int, Sendable { case idle = 3, processing, stopped }
    public var state: State
    /// printer-state-reasons as they come: "media-empty-error".
    public var reasons: [String]
    public var message: String
    public var acceptsJobs: Bool
    public init(state: State, reasons: [String], message: String, acceptsJobs: Bool) {
        (self.state, self.reasons, self.message, self.acceptsJobs) = (
            state, reasons, message, acceptsJobs
        )
    }
}
