internal import VirtualWorld

/// Counts the moments at which power can fail between two acts, and writes down who did what.
public final class Stage: @unchecked Sendable {
    /// What is about to be done, or has just been heard.
    public enum Moment: String, Sendable, CaseIterable {
        /// The kiosk is about to make entries durable.
        case commit
        /// A command other than the everyday question is about to reach the unit, or an acknowledgement of a note's end.
        case command
        /// The unit has said something new.
        case event
        /// A receipt is about to be sent.
        case print
        /// A message of the kiosk is about to reach the office.
        case send
        /// The office's answer is about to leave; what it says is committed there.
        case answer
        /// The office is about to post, or to ask what became of a posting.
        case post
        /// The billing system's answer is about to reach the office.
        case posted
        /// The disk is about to write or to make durable.
        case disk
    }

    private let time: VirtualScheduler
    /// Moments so far.
    public private(set) var moments = 0
    /// Called at every moment, before its act.
    public var onMoment: ((Int, Moment) -> Void)?
    /// Looks at what must be true whenever something happens; the first sentence that is not is kept.
    public var onLook: (() -> Violation?)?
    public private(set) var violation: Violation?

    /// FNV-1a over every line: equal runs have equal digests. Source: draft-eastlake-fnv-17, section 2.
    public private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    public var keepsTrace = false
    public private(set) var trace: [String] = []
    /// Shows each line at once, to watch a run that hangs.
    public var onLine: ((String) -> Void)?

    init(time: VirtualScheduler) { self.time = time }

    func reach(_ moment: Moment, _ what: @autoclosure () -> String) {
        moments += 1
        tell(moment.rawValue, what())
        if let found = onLook?() { report(found) }
        onMoment?(moments, moment)
    }

    public func report(_ found: Violation) {
        guard violation == nil else { return }
        violation = found
        tell("checker", "\(found)")
    }

    /// Writes down what happened: virtual time, who, what.
    public func tell(_ who: String, _ what: String) {
        for byte in who.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
        for byte in what.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
        digest = (digest ^ UInt64(bitPattern: time.nowNs)) &* 0x100_0000_01B3
        guard keepsTrace || onLine != nil else { return }
        let line = "\(Stage.clock(time.nowNs))  \(Stage.padded(who))  \(what)"
        if keepsTrace { trace.append(line) }
        onLine?(line)
    }

    /// hours:minutes:seconds.milliseconds since the world began.
    private static func clock(_ ns: Int64) -> String {
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let (ms, s) = (ns / 1_000_000 % 1000, ns / 1_000_000_000)
        return "\(two(s / 3600)):\(two(s / 60 % 60)):\(two(s % 60))."
            + (ms < 10 ? "00\(ms)" : ms < 100 ? "0\(ms)" : "\(ms)")
    }

    private static func padded(_ who: String) -> String {
        who + String(repeating: " ", count: max(0, 8 - who.utf8.count))
    }
}

/// A sentence that did not hold, and the evidence.
public struct Violation: Error, Sendable, Hashable, CustomStringConvertible {
    public let name: String
    public let evidence: String
    public init(_ name: String, _ evidence: String) {
        (self.name, self.evidence) = (name, evidence)
    }
    public var description: String { "\(name): \(evidence)" }
}
