import KioskModel
import KioskRuntime

/// A kiosk that answers the technician the same every time.
struct ScriptedDesk: ControlDesk {
    var journalFails = false

    func status() -> StatusReport {
        StatusReport(
            kiosk: "K0001", site: "Test hall", epoch: "00112233aabbccdd", screen: "attract",
            services: ["topUp": [], "receipts": ["paperOut"]], officeReachable: true,
            journalSynchronous: "FULL", openSession: false, uptimeSeconds: 3)
    }
    func devices() -> [DeviceReport] {
        [
            DeviceReport(
                name: "billAcceptor/0", profile: "bill-acceptors/cashcode-sm",
                link: "serial /dev/x", status: .online,
                identity: DeviceIdentity(model: "SM", serial: "1", firmware: "2"), conditions: [],
                fault: nil)
        ]
    }
    func alarms() -> [AlarmReport] {
        [
            AlarmReport(
                key: AlarmKey(.paperOut, "printer/0"), evidence: "mediaEmpty",
                raisedAt: WallTime(milliseconds: 5))
        ]
    }
    func ledger() -> LedgerReport { LedgerReport(KioskLedger()) }
    func outbox() -> [LaneReport] {
        [LaneReport(lane: "money", last: 9, acked: 7, oldestWaitingAt: 5)]
    }
    func receipts() -> [ReceiptReport] { [] }
    func journal(after position: Int64, limit: Int) throws(Fault) -> [EntryReport] {
        guard !journalFails else {
            throw Fault(
                .software, .maintenance, operation: "read journal", expected: "entries",
                got: "got none", remedy: "Change the disk.")
        }
        return (1...limit).map {
            EntryReport(
                position: position + Int64($0), lane: "money", seq: 1, at: 5,
                text: "cassetteRemoved")
        }
    }
    func verifyJournal() -> VerifyReport {
        VerifyReport(intact: false, entries: 4, firstBroken: "position 3: another hash")
    }
}
