public import KioskModel

/// What the technician's tool may ask of the running kiosk. Amounts are fen; personal data is masked.
/// The shapes are those of `kioskctl --json`.
public protocol ControlDesk: Sendable {
    func status() async -> StatusReport
    func devices() async -> [DeviceReport]
    func alarms() async -> [AlarmReport]
    func ledger() async -> LedgerReport
    func outbox() async -> [LaneReport]
    func receipts() async -> [ReceiptReport]
    /// Entries after that position, oldest first, at most `limit`.
    func journal(after position: Int64, limit: Int) async throws(Fault) -> [EntryReport]
    func verifyJournal() async -> VerifyReport
}

public struct StatusReport: Sendable, Hashable, Codable {
    public var kiosk: String
    public var site: String
    public var epoch: String
    public var screen: String
    /// Service name to the reasons why it is not offered; empty list: offered.
    public var services: [String: [String]]
    public var officeReachable: Bool
    public var journalSynchronous: String
    public var openSession: Bool
    public var uptimeSeconds: Int64
    public init(
        kiosk: String, site: String, epoch: String, screen: String, services: [String: [String]],
        officeReachable: Bool,
        journalSynchronous: String, openSession: Bool, uptimeSeconds: Int64
    ) {
        (self.kiosk, self.site, self.epoch, self.screen, self.services) = (
            kiosk, site, epoch, screen, services
        )
        (self.officeReachable, self.journalSynchronous) = (officeReachable, journalSynchronous)
        (self.openSession, self.uptimeSeconds) = (openSession, uptimeSeconds)
    }
}

public struct DeviceReport: Sendable, Hashable, Codable {
    public var name: String
    public var profile: String
    public var link: String
    public var status: DeviceStatus
    public var identity: DeviceIdentity?
    public var conditions: [String]
    /// The last fault as a sentence with its remedy.
    public var fault: String?
    public init(
        name: String, profile: String, link: String, status: DeviceStatus,
        identity: DeviceIdentity?, conditions: [String], fault: String?
    ) {
        (self.name, self.profile, self.link, self.status) = (name, profile, link, status)
        (self.identity, self.conditions, self.fault) = (identity, conditions, fault)
    }
}

public struct AlarmReport: Sendable, Hashable, Codable {
    public var object: String
    public var code: String
    public var severity: String
    public var type: String
    public var probableCause: String
    public var evidence: String
    public var raisedAt: Int64
    public var clearsWhen: String
    public var repair: String
    public init(key: AlarmKey, evidence: String, raisedAt: WallTime) {
        (object, code, severity) = (key.object, key.code.rawValue, key.code.severity.rawValue)
        (type, probableCause, self.evidence) = (
            key.code.type.rawValue, key.code.probableCause, evidence
        )
        (self.raisedAt, clearsWhen, repair) = (
            raisedAt.milliseconds, key.code.clearsWhen, key.code.repair
        )
    }
}

public struct LedgerReport: Sendable, Hashable, Codable {
    public struct Notes: Sendable, Hashable, Codable {
        public var credited: [String: Int]
        public var returned: [String: Int]
        public var doubtful: [String: Int]
        public init(credited: [String: Int], returned: [String: Int], doubtful: [String: Int]) {
            (self.credited, self.returned, self.doubtful) = (credited, returned, doubtful)
        }
    }
    public struct Order: Sendable, Hashable, Codable {
        public var id: String
        public var slip: String
        /// Masked.
        public var number: String
        public var fen: Int64
        public var state: String
        public init(id: String, slip: String, number: String, fen: Int64, state: String) {
            (self.id, self.slip, self.number, self.fen, self.state) = (id, slip, number, fen, state)
        }
    }
    public var currency: String
    public var accounts: [String: Int64]
    public var notes: Notes
    public var orders: [Order]

    public init(_ ledger: KioskLedger) {
        func counts(_ end: KioskLedger.NoteEnd) -> [String: Int] {
            Dictionary(
                uniqueKeysWithValues: ledger.notes[end, default: [:]].map {
                    (String($0.key), $0.value)
                })
        }
        currency = Money.currency
        accounts = Dictionary(
            uniqueKeysWithValues: KioskLedger.Account.allCases.map {
                ($0.rawValue, ledger.balance($0).fen)
            })
        notes = Notes(
            credited: counts(.credited), returned: counts(.returned), doubtful: counts(.doubtful))
        orders = ledger.orders.map {
            Order(
                id: $0.order.text, slip: $0.slip.digits, number: $0.phone.masked,
                fen: $0.amount.fen, state: $0.state.rawValue)
        }
    }
}

public struct LaneReport: Sendable, Hashable, Codable {
    public var lane: String
    public var last: Int64
    public var acked: Int64
    public var oldestWaitingAt: Int64?
    public init(lane: String, last: Int64, acked: Int64, oldestWaitingAt: Int64?) {
        (self.lane, self.last, self.acked, self.oldestWaitingAt) = (
            lane, last, acked, oldestWaitingAt
        )
    }
}

public struct ReceiptReport: Sendable, Hashable, Codable {
    public var slip: String
    public var order: String
    public var number: String
    public var fen: Int64
    public var at: Int64
    public init(_ receipt: Receipt) {
        (slip, order, number) = (receipt.slip.digits, receipt.order.text, receipt.phone.masked)
        (fen, at) = (receipt.amount.fen, receipt.at.milliseconds)
    }
}

public struct EntryReport: Sendable, Hashable, Codable {
    public var position: Int64
    public var lane: String
    public var seq: Int64
    public var at: Int64
    /// "noteCredited note=7 value=50.00", personal data masked.
    public var text: String
    public init(position: Int64, lane: String, seq: Int64, at: Int64, text: String) {
        (self.position, self.lane, self.seq, self.at, self.text) = (position, lane, seq, at, text)
    }
}

public struct VerifyReport: Sendable, Hashable, Codable {
    public var intact: Bool
    public var entries: Int64
    /// The first broken entry and what is wrong with it, as a sentence; nil when intact.
    public var firstBroken: String?
    public init(intact: Bool, entries: Int64, firstBroken: String?) {
        (self.intact, self.entries, self.firstBroken) = (intact, entries, firstBroken)
    }
}
