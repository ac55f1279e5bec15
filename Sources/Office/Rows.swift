internal import KioskModel

/// A kiosk as the desk sees it. Times are office wall-clock milliseconds since 1970 UTC.
public struct KioskRow: Sendable, Hashable, Codable {
    public struct LaneRow: Sendable, Hashable, Codable {
        public let lane: String
        public let acked: Int64
        /// Why the lane stands still (quarantine); nil when it moves.
        public let stopped: String?
        public init(lane: String, acked: Int64, stopped: String?) {
            (self.lane, self.acked, self.stopped) = (lane, acked, stopped)
        }
    }
    public let id: String
    public let epoch: String
    public let lastHeardAt: Int64
    /// True after `Office.silentAfter` without a word.
    public let silent: Bool
    public let openAlarms: Int
    public let lanes: [LaneRow]
    public init(
        id: String, epoch: String, lastHeardAt: Int64, silent: Bool, openAlarms: Int,
        lanes: [LaneRow]
    ) {
        (self.id, self.epoch, self.lastHeardAt) = (id, epoch, lastHeardAt)
        (self.silent, self.openAlarms, self.lanes) = (silent, openAlarms, lanes)
    }
}

public struct AlarmRow: Sendable, Hashable, Codable {
    public let kiosk: String
    public let object: String
    public let code: String
    public let severity: String
    public let type: String
    public let probableCause: String
    public let evidence: String
    /// The kiosk's clock.
    public let raisedAt: Int64
    public let receivedAt: Int64
    public let repair: String
    public init(
        kiosk: String, object: String, code: String, severity: String, type: String,
        probableCause: String, evidence: String, raisedAt: Int64, receivedAt: Int64, repair: String
    ) {
        (self.kiosk, self.object, self.code, self.severity, self.type) = (
            kiosk, object, code, severity, type
        )
        (self.probableCause, self.evidence, self.raisedAt) = (probableCause, evidence, raisedAt)
        (self.receivedAt, self.repair) = (receivedAt, repair)
    }
}

public struct OrderRow: Sendable, Hashable, Codable {
    public let id: String
    public let kiosk: String
    public let slip: String
    /// Masked.
    public let number: String
    public let fen: Int64
    /// `OrderState` as kiosk and customer name it.
    public let state: String
    /// Where the posting stands: prepared, sent, unknown, confirmed, refused.
    public let phase: String
    public let attempts: Int
    public let receivedAt: Int64
    /// The billing system's last word, or why it has none.
    public let note: String
    public init(
        id: String, kiosk: String, slip: String, number: String, fen: Int64, state: String,
        phase: String, attempts: Int, receivedAt: Int64, note: String
    ) {
        (self.id, self.kiosk, self.slip, self.number, self.fen) = (id, kiosk, slip, number, fen)
        (self.state, self.phase, self.attempts) = (state, phase, attempts)
        (self.receivedAt, self.note) = (receivedAt, note)
    }
}

/// Balances in fen: RECEIVED, UNLOCATED (assets); CREDIT, TOPUP_DUE, POSTED, REFUND_DUE, REFUNDED, SUSPENSE.
public struct OfficeLedgerReport: Sendable, Hashable, Codable {
    public let currency: String
    public let accounts: [String: Int64]
    /// The same per kiosk.
    public let kiosks: [String: [String: Int64]]
    /// Σ debit = Σ credit, over all transfers.
    public let balanced: Bool
    public init(accounts: [String: Int64], kiosks: [String: [String: Int64]], balanced: Bool) {
        currency = Money.currency
        (self.accounts, self.kiosks, self.balanced) = (accounts, kiosks, balanced)
    }
}

/// Something a person at the office must settle.
public struct CaseRow: Sendable, Hashable, Codable {
    public let id: Int64
    /// refusedPosting, unresolvedPosting, changedDuplicate, doubtfulNote, newEpoch, unreadableEntry, contradictoryEntry.
    public let kind: String
    public let kiosk: String
    public let order: String?
    public let openedAt: Int64
    public let closedAt: Int64?
    public let text: String
    public init(
        id: Int64, kind: String, kiosk: String, order: String?, openedAt: Int64, closedAt: Int64?,
        text: String
    ) {
        (self.id, self.kind, self.kiosk, self.order) = (id, kind, kiosk, order)
        (self.openedAt, self.closedAt, self.text) = (openedAt, closedAt, text)
    }
}
