internal import KioskModel

extension Limits {
    /// The longest body of one event, in UTF-8 bytes.
    public static let eventBytes = 64 * 1024
    /// Hex digits of a chained hash (SHA-256).
    public static let hashDigits = 64
}

extension Batch {
    /// Looks at the batch alone: sizes, sequence, form of the hashes. Whether it fits what came before is the office's
    /// to say.
    ///
    /// - Throws: `.malformed` when it is no batch, `.tooLarge` when it is over `Limits`; `seq` names the event.
    public func validate() throws(Refusal) {
        guard let first = events.first else {
            throw Refusal(.malformed, "read batch: expected 1 event or more, got none.")
        }
        guard events.count <= Limits.batchEvents else {
            throw Refusal(
                .tooLarge,
                "read batch: expected at most \(Limits.batchEvents) events, got \(events.count); "
                    + "send fewer.", seq: first.seq)
        }
        guard first.seq >= 1, first.seq <= Int64.max - Int64(Limits.batchEvents) else {
            throw Refusal(
                .malformed, "read batch: expected sequence numbers from 1 on, got \(first.seq).",
                seq: first.seq)
        }
        try validateEvents(from: first.seq)
    }

    private func validateEvents(from first: Int64) throws(Refusal) {
        var bytes = 0
        for (place, event) in events.enumerated() {
            guard event.seq == first + Int64(place) else {
                throw Refusal(
                    .malformed,
                    "read batch: expected sequence number \(first + Int64(place)), "
                        + "got \(event.seq); send them in order without gaps.", seq: event.seq)
            }
            guard Batch.isHash(event.hash) else {
                throw Refusal(
                    .malformed,
                    "read event \(event.seq): expected a hash of \(Limits.hashDigits) lower-case "
                        + "hex digits, got something else.", seq: event.seq)
            }
            let size = event.body.utf8.count
            bytes += size
            guard size <= Limits.eventBytes, bytes <= Limits.batchBytes else {
                throw Refusal(
                    .tooLarge,
                    "read event \(event.seq): expected at most \(Limits.eventBytes) bytes an event "
                        + "and \(Limits.batchBytes) a batch, got more; send fewer events.",
                    seq: event.seq)
            }
        }
    }

    private static func isHash(_ text: String) -> Bool {
        text.utf8.count == Limits.hashDigits
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
