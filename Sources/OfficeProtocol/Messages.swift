public import KioskModel

/// One entry as it leaves the kiosk: the bytes in the journal, verbatim, and the hash that chains them.
public struct BatchEvent: Sendable, Hashable, Codable {
    /// 1, 2, 3… in its lane and epoch, without gaps.
    public let seq: Int64
    /// The JSON text of an `EntryBody`, exactly as the journal holds it.
    public let body: String
    /// 64 lower-case hex digits: `HashChain.next(previous, body)`.
    public let hash: String
    public init(seq: Int64, body: String, hash: String) {
        (self.seq, self.body, self.hash) = (seq, body, hash)
    }
}

/// What `body` holds. Unknown entry kinds and later versions are kept by the office as they are.
public struct EntryBody: Sendable, Hashable, Codable {
    public let v: Int
    public let lane: Lane
    public let seq: Int64
    public let at: Timestamp
    public let entry: Entry
    public init(lane: Lane, seq: Int64, at: Timestamp, entry: Entry) {
        (v, self.lane, self.seq, self.at, self.entry) = (1, lane, seq, at, entry)
    }
}

/// `POST /v1/kiosks/{id}/batches`. At most `Limits.batchEvents` events and `Limits.batchBytes` bytes.
public struct Batch: Sendable, Hashable, Codable {
    public let epoch: Epoch
    public let lane: Lane
    public let events: [BatchEvent]
    public init(epoch: Epoch, lane: Lane, events: [BatchEvent]) {
        (self.epoch, self.lane, self.events) = (epoch, lane, events)
    }

    /// Header `Idempotency-Key`. Source: draft-ietf-httpapi-idempotency-key-header-07.
    public var idempotencyKey: String {
        "\(epoch.hex):\(lane.rawValue):\(events.first?.seq ?? 0)-\(events.last?.seq ?? 0)"
    }
}

/// 200: everything up to `acked` is durable at the office.
public struct BatchAnswer: Sendable, Hashable, Codable {
    public let acked: Int64
    /// The office's pace: the kiosk waits that long before the next batch of this lane.
    public let nextAfterMs: Int
    public init(acked: Int64, nextAfterMs: Int) {
        (self.acked, self.nextAfterMs) = (acked, nextAfterMs)
    }
}

/// The body of every answer that is not 2xx.
public struct Refusal: Sendable, Hashable, Codable, Error {
    public enum Code: String, Sendable, Codable {
        /// 409: the batch starts later than the office expects: send from `seq`.
        case expected
        /// 400: the hash of `seq` does not fit its bytes: read the disk again.
        case badHash
        /// 409: `seq` was received before with other bytes: quarantined; the lane stands still until a person settles it.
        case changed
        /// 400: not a batch; 413: too large; 422: not what the headers say.
        case malformed, tooLarge, mismatch
        /// 403: the certificate is of another kiosk, or of none.
        case forbidden
        /// 429, 503: wait as `Retry-After` says.
        case busy
    }
    public let code: Code
    /// One sentence: what was expected, what came, what to do.
    public let reason: String
    public let seq: Int64?
    /// Of `busy`: when to come again; goes out as `Retry-After` as well. Nil: the sender of the refusal does not know.
    public let retryAfterMs: Int?
    public init(_ code: Code, _ reason: String, seq: Int64? = nil, retryAfterMs: Int? = nil) {
        (self.code, self.reason, self.seq) = (code, reason, seq)
        self.retryAfterMs = retryAfterMs
    }
}

/// `POST /v1/kiosks/{id}/questions`: numbers travel in the body, never in a URL that ends up in a log.
public enum Question: Sendable, Hashable, Codable {
    case account(phone: PhoneNumber)
    case claim(slip: SlipNumber, phone: PhoneNumber)
}

/// Its answer, 200.
public enum Answer: Sendable, Hashable, Codable {
    case account(AccountAnswer)
    case claim(ClaimAnswer)
}

/// What the office tells a kiosk: 1, 2, 3… per kiosk and epoch, asked for by long poll
/// `GET /v1/kiosks/{id}/commands?epoch=E&after=N`, repeated until the kiosk asks for later ones.
public struct Command: Sendable, Hashable, Codable {
    public let number: Int64
    public let body: Body
    public enum Body: Sendable, Hashable, Codable {
        case orderSettled(order: OrderID, state: OrderState)
    }
    public init(number: Int64, body: Body) { (self.number, self.body) = (number, body) }
}

public struct Commands: Sendable, Hashable, Codable {
    public let commands: [Command]
    public init(commands: [Command]) { self.commands = commands }
}

/// The limits both ends keep.
public enum Limits {
    public static let batchEvents = 200
    public static let batchBytes = 256 * 1024
    public static let questionBytes = 4 * 1024
    /// How long the office holds a long poll open.
    public static let longPoll: Duration = .seconds(50)
    public static let commandsPerAnswer = 100
}
