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

    public init(
        _ kind: Kind, _ action: Action, operation: String, expected: String, got: String,
        remedy: String
    ) {
        (self.kind, self.action, self.operation) = (kind, action, operation)
        (self.expected, self.got, self.remedy) = (expected, got, remedy)
    }
}

extension Fault: CustomStringConvertible {
    public var description: String { "\(operation): expected \(expected), \(got). \(remedy)" }
}
