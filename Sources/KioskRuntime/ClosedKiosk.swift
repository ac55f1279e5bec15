public import DeviceKit
public import KioskFlows
public import KioskModel
public import KioskStore

/// A kiosk whose journal cannot be trusted: it takes no money, shows why nothing works, and tells the technician what
/// is wrong. It stays up, so that the screen is not dark and the service manager does not start it for ever.
public struct ClosedKiosk: CustomerPanel, ControlDesk {
    private let settings: VisitSettings
    private let fault: JournalFault
    private let since: WallTime

    /// - Parameter fault: why `Journal` or `Kiosk` would not open.
    public init(settings: VisitSettings, fault: JournalFault, since: WallTime) {
        (self.settings, self.fault, self.since) = (settings, fault, since)
    }

    private var key: AlarmKey { AlarmKey(.journalTrouble, "journal") }

    /// Lets no note in and gives back the one that is held, until the task is cancelled. A *stacked* is not acknowledged:
    /// the unit says it again to the next kiosk that can write it down.
    public func keepShut(_ acceptor: (any BillAcceptor)?) async {
        guard let acceptor else { return }
        await acceptor.request(.accept([]))
        await acceptor.run { event in
            switch event {
            case .escrowed: await acceptor.request(.returnNote)
            case .stacked: throw fault
            case .identified, .connected, .accepting, .returned, .refused, .conditions, .ready,
                .lost:
                break
            }
        }
    }

    // The customer's page

    public func screens() async -> AsyncStream<ShownScreen> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ShownScreen.self, bufferingPolicy: .bufferingNewest(1))
        let screen = Visit(settings: settings, ledger: KioskLedger()).outOfService
        continuation.yield(ShownScreen(id: 1, screen: screen))
        return stream
    }

    public func submit(_ input: Input, on screen: Int) async -> InputVerdict {
        .unavailable("the journal cannot be trusted")
    }

    // The technician's tool

    public func status() async -> StatusReport {
        let reason = [Services.Hindrance.journalTrouble.rawValue]
        return StatusReport(
            kiosk: settings.kiosk.rawValue, site: settings.site, epoch: "unknown",
            screen: Screen.Name.outOfService.rawValue,
            services: ["topUp": reason, "receipts": reason], officeReachable: false,
            journalSynchronous: "not open", openSession: false, uptimeSeconds: 0)
    }

    /// No device is told of while the journal is shut: the acceptor is only kept from taking notes.
    public func devices() async -> [DeviceReport] { [] }

    public func alarms() async -> [AlarmReport] {
        [AlarmReport(key: key, evidence: "\(fault)", raisedAt: since)]
    }

    public func ledger() async -> LedgerReport { LedgerReport(KioskLedger()) }
    public func outbox() async -> [LaneReport] { [] }
    public func receipts() async -> [ReceiptReport] { [] }

    public func journal(after position: Int64, limit: Int) async throws(Fault) -> [EntryReport] {
        throw Fault(
            .software, .maintenance, operation: "read journal", expected: "a journal that opens",
            got: "got \(fault)",
            remedy: "Keep the file for the office; change the disk or set the kiosk up anew.")
    }

    public func verifyJournal() async -> VerifyReport {
        VerifyReport(intact: false, entries: 0, firstBroken: "\(fault)")
    }
}
