/// A device, a link or the office needs help. Thrown, then logged once, by the loop.
///
/// The message reads *operation: expected, got, what to do*.
public struct Fault: Error, Hashable, Sendable, Codable {
    /// Who has to act. Source: XFS4IoT error events (hardware, software, user, fraudAttempt); communication is ours.
    public enum Kind: String, Sendable, Codable {
        case hardware, software, user, fraudAttempt, communication
    }
    /// What helps. Source: XFS4IoT error events, `action`.
    public enum Action: String, Sendable, Codable {
        case reset, clear, configuration, maintenance, suspend
    }

    public let kind: Kind
    public let action: Action
    /// What we were doing: "stack note".
    public let operation: String
    public let expected: String
    public let got: String
    /// What the reader can do, as a sentence: "Check the cable, then `kioskctl test bill-acceptor`."
    public let remedy: String

    /// The longest of its texts; `got` may quote what somebody else wrote. Unicode scalars.
    public static let textMax = 300

    /// Texts are clipped to `textMax` and lose their control characters: a fault is one line in a log or terminal.
    public init(
        _ kind: Kind, _ action: Action, operation: String, expected: String, got: String,
        remedy: String
    ) {
        (self.kind, self.action) = (kind, action)
        self.operation = operation.clipped(to: Fault.textMax)
        self.expected = expected.clipped(to: Fault.textMax)
        self.got = got.clipped(to: Fault.textMax)
        self.remedy = remedy.clipped(to: Fault.textMax)
    }
}

extension Fault: CustomStringConvertible {
    public var description: String { "\(operation): expected \(expected), \(got). \(remedy)" }
}
