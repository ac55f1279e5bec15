internal import Foundation
internal import KioskModel

/// What is wrong with a transcript, or where a replay left it: "x.transcript:12: expected …, got …".
public struct TranscriptFault: Error, Sendable, Hashable, CustomStringConvertible {
    public let file: String
    /// From 1; 0 when the file as a whole is meant.
    public let line: Int
    public let problem: String

    /// The longest problem; two whole writes may stand in it. Unicode scalars.
    public static let problemMax = 8 * Transcript.bytesMax

    /// The problem is clipped and loses its control characters: a fault is one line in a terminal.
    public init(file: String, line: Int, problem: String) {
        (self.file, self.line) = (file, line)
        self.problem = problem.clipped(to: TranscriptFault.problemMax)
    }

    public var description: String { "\(file):\(line): \(problem)" }
}

/// An exchange with a device as plain text, readable in a diff: the bytes both ways, what the host asked of the driver and
/// the events that must follow.
///
/// ```
/// profile bill-acceptors/example-mark-one
/// $ accept 10 20           # the host asks the driver: accept YUAN… or none, stack, return, poll (go on)
/// > 02 03 06 33 DA 81      # to the device, one write; ** is any byte (masked)
/// < 02 03 07 80 02 9E 10   # from the device, one read; ** is sent as 00
/// = escrowed 10.00 CNY     # event the driver must report now
/// ~ 200 ms                 # a silence at least that long
/// ! unplugged              # the link is gone until it is opened again
/// ! absent                 # the next opening fails
/// ! unrecorded             # the event before it could not be made durable
/// ```
public struct Transcript: Sendable, Hashable {
    public enum Byte: Sendable, Hashable {
        case known(UInt8)
        /// Not recorded: card numbers, ICCIDs and keys are never written down.
        case masked
    }

    public enum Content: Sendable, Hashable {
        case toDevice([Byte])
        case fromDevice([Byte])
        /// Nil: the host lets the driver go on.
        case request(AcceptorRequest?)
        case event(String)
        case silence(Duration)
        case unplugged, absent, unrecorded
    }

    public struct Line: Sendable, Hashable {
        public let number: Int
        public let content: Content
        public init(number: Int, content: Content) {
            (self.number, self.content) = (number, content)
        }
    }

    public let file: String
    /// "bill-acceptors/cashcode-sm".
    public let profile: String
    public let lines: [Line]

    /// More lines than that are no transcript that a person reviews.
    public static let linesMax = 5000
    /// Bytes of one line.
    public static let bytesMax = 512
    /// Bytes of a whole file.
    public static let fileMax = 1024 * 1024

    public static func read(file: String) throws(TranscriptFault) -> Transcript {
        guard let bytes = FileManager.default.contents(atPath: file) else {
            throw TranscriptFault(
                file: file, line: 0,
                problem: "expected a readable file, got none. Check the path and its rights.")
        }
        guard bytes.count <= fileMax else {
            throw TranscriptFault(
                file: file, line: 0,
                problem: "expected at most \(fileMax) bytes, got \(bytes.count)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw TranscriptFault(
                file: file, line: 0, problem: "expected UTF-8 text, got other bytes")
        }
        return try Transcript(text: text, file: file)
    }

    public init(text: String, file: String) throws(TranscriptFault) {
        var (profile, lines): (String?, [Line]) = (nil, [])
        for (index, raw) in text.split(
            omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" }
        )
        .enumerated() {
            let words = Transcript.words(raw)
            guard let first = words.first else { continue }
            let reader = TranscriptLineReader(file: file, number: index + 1)
            if first == "profile" {
                guard profile == nil, lines.isEmpty, words.count == 2 else {
                    throw reader.fault("expected `profile NAME` once, before everything else")
                }
                profile = words[1]
                continue
            }
            guard profile != nil else {
                throw reader.fault("expected `profile NAME` first, got \(reader.quoted([first]))")
            }
            let content = try reader.content(first, Array(words.dropFirst()))
            if content == .unrecorded, !(lines.last?.content.isEvent ?? false) {
                throw reader.fault("expected `! unrecorded` right after an event line")
            }
            lines.append(Line(number: index + 1, content: content))
            guard lines.count <= Transcript.linesMax else {
                throw reader.fault("expected at most \(Transcript.linesMax) lines")
            }
        }
        guard let profile, !lines.isEmpty else {
            throw TranscriptFault(
                file: file, line: 0, problem: "expected `profile NAME` and lines after it, got none"
            )
        }
        (self.file, self.profile, self.lines) = (file, profile, lines)
    }

    /// The words of a line without its comment.
    private static func words(_ line: Substring) -> [String] {
        var words: [String] = []
        for word in line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" }) {
            if word.hasPrefix("#") { break }
            words.append(String(word))
        }
        return words
    }
}

extension Transcript.Content {
    var isEvent: Bool { if case .event = self { true } else { false } }
}
