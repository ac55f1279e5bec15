import KioskModel
import KioskStore

/// The open alarms: one per object and code. A pure value; its changes are entries.
struct AlarmBoard {
    private(set) var open: [AlarmKey: OpenAlarm]

    init(_ alarms: [OpenAlarm]) {
        open = Dictionary(alarms.map { ($0.key, $0) }) { first, _ in first }
    }

    /// Characters of evidence that are kept; the rest is noise to whoever reads the alarm.
    private static let evidenceMax = 400

    /// The entry that makes the board say so, or nil if it says so already.
    func entry(_ key: AlarmKey, _ present: Bool, evidence: String) -> Entry? {
        switch (present, open[key]) {
        case (true, nil):
            .alarmRaised(
                alarm: key, severity: key.code.severity,
                evidence: String(evidence.prefix(AlarmBoard.evidenceMax)))
        case (false, .some): .alarmCleared(alarm: key)
        case (true, .some), (false, nil): nil
        }
    }

    /// Follows what the journal took.
    mutating func apply(_ entry: Entry, at: WallTime) {
        switch entry {
        case .alarmRaised(let key, _, let evidence):
            open[key] = OpenAlarm(key: key, evidence: evidence, raisedAt: at)
        case .alarmCleared(let key):
            open[key] = nil
        case .journalOpened, .sessionStarted, .numberChosen, .sessionEnded, .noteOffered,
            .stackIntended, .returnIntended,
            .noteCredited, .noteReturned, .noteDoubtful, .paymentCommitted, .orderSettled,
            .receiptIssued, .receiptEnded,
            .cassetteRemoved, .cassetteInserted, .deviceIdentified, .rated, .repeatIgnored,
            .telemetryDropped:
            break
        }
    }
}
