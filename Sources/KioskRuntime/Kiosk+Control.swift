internal import DeviceKit
internal import KioskFlows
public import KioskModel
internal import KioskStore
internal import Logging
internal import OfficeProtocol

/// What the technician's tool asks. Reading only; personal data stays masked.
extension Kiosk: ControlDesk {
    public func status() -> StatusReport {
        let now = board.services(
            hasAcceptor: fitted.acceptor != nil, hasPrinter: fitted.printer != nil)
        return StatusReport(
            kiosk: journal.kiosk.rawValue, site: settings.visit.site, epoch: journal.epoch.hex,
            screen: shown?.screen.name.rawValue ?? "none",
            services: [
                "topUp": now.cash.map(\.rawValue).sorted(),
                "receipts": now.receipts.map(\.rawValue).sorted(),
            ],
            officeReachable: now.officeReachable, journalSynchronous: synchronous,
            openSession: books.openSession != nil,
            uptimeSeconds: (surroundings.timekeeper.now.monotonicNs - startedNs) / 1_000_000_000)
    }

    private var synchronous: String {
        do { return try journal.synchronous } catch { return "\(error)" }
    }

    public func devices() -> [DeviceReport] {
        [acceptorReport, printerReport].compactMap(\.self)
    }

    private var acceptorReport: DeviceReport? {
        guard let device = fitted.acceptor else { return nil }
        let state = board.acceptor
        let status: DeviceStatus =
            if state.lost != nil {
                .noDevice
            } else if !state.isKnown {
                .offline
            } else if state.conditions.contains(.cheated) {
                .fraudAttempt
            } else if state.conditions.isEmpty {
                .online
            } else {
                .hardwareError
            }
        return DeviceReport(
            name: "\(device.name)", profile: device.profile, link: device.link, status: status,
            identity: state.identity, conditions: state.conditions.map { "\($0)" }.sorted(),
            fault: state.lost.map { "\($0)" })
    }

    private var printerReport: DeviceReport? {
        guard let device = fitted.printer else { return nil }
        let conditions = board.printer.conditions
        let status: DeviceStatus =
            if !board.printer.known {
                .offline
            } else if !conditions.isDisjoint(with: [.offline, .unreachable]) {
                .noDevice
            } else if conditions.contains(where: { !$0.isWarning }) {
                .hardwareError
            } else {
                .online
            }
        return DeviceReport(
            name: "\(device.name)", profile: device.profile, link: device.link, status: status,
            identity: nil, conditions: conditions.map(\.rawValue).sorted(), fault: nil)
    }

    public func alarms() -> [AlarmReport] {
        let open = alarmBoard.open.values.map {
            AlarmReport(key: $0.key, evidence: $0.evidence, raisedAt: $0.raisedAt)
        }
        return open.sorted { ($0.raisedAt, $0.object, $0.code) < ($1.raisedAt, $1.object, $1.code) }
    }

    public func ledger() -> LedgerReport { LedgerReport(books) }

    public func receipts() -> [ReceiptReport] { books.unprinted.map(ReceiptReport.init) }

    public func outbox() -> [LaneReport] {
        do {
            return try Lane.allCases.map { lane throws(JournalFault) in
                let state = try journal.outbox(lane)
                return LaneReport(
                    lane: lane.rawValue, last: state.last, acked: state.acked,
                    oldestWaitingAt: state.oldestWaiting?.wall.milliseconds)
            }
        } catch {
            log.error("\(error)")
            return []
        }
    }

    public func journal(after position: Int64, limit: Int) throws(Fault) -> [EntryReport] {
        do {
            return try journal.records(after: max(0, position), limit: min(max(1, limit), 1000)).map
            {
                EntryReport(
                    position: $0.position, lane: $0.body.lane.rawValue, seq: $0.body.seq,
                    at: $0.body.at.wall.milliseconds,
                    text: $0.body.entry.text)
            }
        } catch { throw Kiosk.fault(reading: error) }
    }

    public func verifyJournal() -> VerifyReport {
        do {
            let verification = try journal.verify()
            return VerifyReport(
                intact: verification.firstBroken == nil, entries: verification.entries,
                firstBroken: verification.firstBroken)
        } catch {
            return VerifyReport(intact: false, entries: 0, firstBroken: "\(error)")
        }
    }

    private static func fault(reading fault: JournalFault) -> Fault {
        Fault(
            .software, .maintenance, operation: "read journal", expected: "entries",
            got: "got \(fault)",
            remedy: "Run `kioskctl journal verify`; if it names a broken entry, change the disk.")
    }
}
