internal import KioskModel

/// Reads one line of a transcript strictly.
struct TranscriptLineReader {
    let file: String
    let number: Int

    func fault(_ problem: String) -> TranscriptFault {
        TranscriptFault(file: file, line: number, problem: problem)
    }

    func content(_ sign: String, _ words: [String]) throws(TranscriptFault) -> Transcript.Content {
        switch sign {
        case ">": return .toDevice(try bytes(words))
        case "<": return .fromDevice(try bytes(words))
        case "$": return .request(try request(words))
        case "=": return .event(try event(words))
        case "~": return .silence(try silence(words))
        case "!": return try trouble(words)
        default:
            throw fault("expected a line beginning with > < $ = ~ ! or #, got \(quoted([sign]))")
        }
    }

    private func bytes(_ words: [String]) throws(TranscriptFault) -> [Transcript.Byte] {
        guard (1...Transcript.bytesMax).contains(words.count) else {
            throw fault("expected 1 to \(Transcript.bytesMax) bytes, got \(words.count)")
        }
        var bytes: [Transcript.Byte] = []
        for word in words {
            if word == "**" {
                bytes.append(.masked)
                continue
            }
            let isHex = word.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x46).contains($0)
            }
            guard word.utf8.count == 2, isHex, let byte = UInt8(word, radix: 16) else {
                throw fault("expected two capital hex digits or the mask **, got \(quoted([word]))")
            }
            bytes.append(.known(byte))
        }
        guard bytes.contains(where: { $0 != .masked }) else {
            throw fault("expected at least one byte that is not masked")
        }
        return bytes
    }

    private func request(_ words: [String]) throws(TranscriptFault) -> AcceptorRequest? {
        switch words {
        case ["poll"]: return nil
        case ["stack"]: return .stack
        case ["return"]: return .returnNote
        case ["accept", "none"]: return .accept([])
        default: break
        }
        guard words.first == "accept", words.count > 1 else {
            throw fault(
                "expected poll, stack, return, accept none or accept YUAN…, got \(quoted(words))")
        }
        var values: [Money] = []
        for word in words.dropFirst() {
            guard let value = Money(yuanText: word), value > .zero, !values.contains(value) else {
                throw fault("expected notes in yuan, each once, got \(quoted([word]))")
            }
            values.append(value)
        }
        return .accept(values)
    }

    private func event(_ words: [String]) throws(TranscriptFault) -> String {
        guard let name = words.first, AcceptorEvent.transcriptNames.contains(name) else {
            let names = AcceptorEvent.transcriptNames.sorted().joined(separator: ", ")
            throw fault("expected an event (\(names)), got \(quoted(words.prefix(1)))")
        }
        return words.joined(separator: " ")
    }

    private func silence(_ words: [String]) throws(TranscriptFault) -> Duration {
        guard words.count == 2, words[1] == "ms", let count = Int(words[0]),
            (1...3_600_000).contains(count)
        else {
            throw fault("expected `~ N ms` with 1 to 3600000, got \(quoted(words))")
        }
        return .milliseconds(count)
    }

    private func trouble(_ words: [String]) throws(TranscriptFault) -> Transcript.Content {
        switch words {
        case ["unplugged"]: return .unplugged
        case ["absent"]: return .absent
        case ["unrecorded"]: return .unrecorded
        default:
            throw fault("expected unplugged, absent or unrecorded, got \(quoted(words))")
        }
    }

    /// The beginning of what stands there, for a fault.
    func quoted(_ words: some Sequence<String>) -> String {
        "`\(words.joined(separator: " ").clipped(to: 80))`"
    }
}
