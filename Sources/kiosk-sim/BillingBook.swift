internal import Glibc
internal import KioskModel
internal import Synchronization
internal import VirtualWorld

/// The billing system's books: the model, and a log of what it booked that is on the disk before anybody is told.
final class BillingBook: Sendable {
    private struct Content {
        var billing = VirtualBilling()
        var log: Int32 = -1
    }

    private let content: Mutex<Content>
    private let path: String

    /// - Throws: when the log is damaged elsewhere than in a torn last line, which nobody was told of.
    init(path: String) throws {
        self.path = path
        let bytes = try DurableFile.read(path) ?? []
        let whole = bytes.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        var read = Content()
        for (place, line) in bytes.prefix(whole).split(separator: 0x0A).enumerated() {
            guard BillingBook.restore(line, into: &read.billing) else {
                throw Trouble(
                    "\(path): line \(place + 1): expected a booking or a refusal. Remove the file to begin with none."
                )
            }
        }
        read.log = try DurableFile.openForAppending(path, keeping: whole)
        content = Mutex(read)
    }

    private static func restore(_ line: ArraySlice<UInt8>, into billing: inout VirtualBilling)
        -> Bool
    {
        guard let entry = try? JSONValue(bytes: line), let order = entry["order"]?.string else {
            return false
        }
        if let reason = entry["refused"]?.string {
            billing.restoreRefusal(order: order, reason: reason)
            return true
        }
        guard let digits = entry["number"]?.string, let fen = entry["fen"]?.integer,
            let number = try? PhoneGrammar.mainlandMobile.read(digits)
        else { return false }
        return billing.restore(order: order, number: number, amount: Money(fen: fen))
    }

    var mode: VirtualBilling.Mode {
        get { content.withLock { $0.billing.mode } }
        set { content.withLock { $0.billing.mode = newValue } }
    }

    /// The model as it is now, for questions.
    var billing: VirtualBilling { content.withLock { $0.billing } }

    /// Books at most once per order; what was booked is on the disk when this returns.
    /// - Throws: when the disk does not take it. The process must end: what is booked is not known any more.
    func post(order: String, number: PhoneNumber, amount: Money) throws -> VirtualBilling.Outcome {
        try content.withLock { content in
            let booked = content.billing.postings.count
            let wasRefused = content.billing.refusal(of: order) != nil
            let outcome = content.billing.post(order: order, number: number, amount: amount)
            var entry: [(String, JSONValue)] = [("order", .string(order))]
            if content.billing.postings.count > booked {
                entry += [("number", .string(number.clear)), ("fen", .integer(amount.fen))]
            } else if !wasRefused, let reason = content.billing.refusal(of: order) {
                entry += [("refused", .string(reason))]
            } else {
                return outcome
            }
            try DurableFile.put(
                JSONValue.object(entry).text + "\n", to: content.log, path: path)
            return outcome
        }
    }

    /// What the books are held against.
    var ledger: JSONValue {
        let billing = self.billing
        let counts = billing.countsByOrder.sorted { $0.key < $1.key }
        let requests = billing.requests.sorted { $0.key < $1.key }
        return .object([
            ("totalFen", .integer(billing.total.fen)),
            ("postings", .object(counts.map { ($0.key, .integer($0.value)) })),
            ("requests", .object(requests.map { ($0.key, .integer($0.value)) })),
            (
                "orders",
                .array(
                    billing.postings.map { posting in
                        .object([
                            ("id", .string(posting.order)),
                            ("number", .string(posting.number.masked)),
                            ("account", .string(billing.accountName(of: posting.number))),
                            ("fen", .integer(posting.amount.fen)),
                        ])
                    })
            ),
        ])
    }
}
