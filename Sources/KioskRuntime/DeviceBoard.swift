import DeviceKit
import KioskFlows
import KioskModel

/// What the devices and the office last said of themselves, and what follows for services and alarms. A pure value.
struct DeviceBoard {
    var acceptor = Acceptor()
    var printer = PrinterState()
    var office = OfficeState()
    /// Too much waits for the office: taking cash stops. Set from the journal's outbox.
    var offlineTooLong: String?
    /// Nine tenths of a limit are reached.
    var offlineNearly: String?
    var journalTrouble: String?

    struct Acceptor {
        var identity: DeviceIdentity?
        var conditions: Set<AcceptorCondition> = []
        /// Nil while the unit answers. At the start it has not answered yet, which is no alarm.
        var lost: Fault?
        var connected = false
    }

    struct PrinterState {
        var conditions: Set<PrinterCondition> = []
        /// The queue has been asked once.
        var known = false
    }

    struct OfficeState {
        var reachable = false
        /// Monotonic nanoseconds of the first failure since the last success.
        var silentSinceNs: Int64?
        var why = "not asked yet"
        var untrusted: String?
        /// Lanes that stand still because the office holds other bytes.
        var stoppedLanes: [Lane: String] = [:]
    }

    /// What is offered now, with the reason for what is not.
    func services(hasAcceptor: Bool, hasPrinter: Bool) -> Services {
        var cash: Set<Services.Hindrance> = []
        if !hasAcceptor || !acceptor.connected || acceptor.lost != nil {
            cash.insert(.acceptorUnavailable)
        }
        for condition in acceptor.conditions {
            switch condition {
            case .cassetteRemoved: cash.insert(.cassetteRemoved)
            case .cassetteFull: cash.insert(.cassetteFull)
            case .paused: break
            case .jamInValidator, .jamInCassette, .cheated, .failure, .unknownStatus, .wrongUnit:
                cash.insert(.acceptorUnavailable)
            }
        }
        if offlineTooLong != nil { cash.insert(.offlineTooLong) }
        if journalTrouble != nil { cash.insert(.journalTrouble) }
        var receipts: Set<Services.Hindrance> = []
        if !hasPrinter || !printer.known { receipts.insert(.printerUnavailable) }
        for condition in printer.conditions where !condition.isWarning {
            receipts.insert(condition == .mediaEmpty ? .paperOut : .printerUnavailable)
        }
        return Services(cash: cash, receipts: receipts, officeReachable: office.reachable)
    }

    /// Every alarm this board decides, each with whether its condition holds now and the evidence.
    func alarms(
        acceptor name: DeviceName?, printer printerName: DeviceName?, nowNs: Int64,
        silence: Duration
    ) -> [Finding] {
        var findings: [Finding] = []
        if let name { findings += acceptorAlarms("\(name)") }
        if let printerName { findings += printerAlarms("\(printerName)") }
        let silentFor = office.silentSinceNs.map { Duration.nanoseconds(nowNs - $0) } ?? .zero
        findings.append(
            Finding(
                .officeUnreachable, "office", silentFor >= silence && office.untrusted == nil,
                office.why))
        let stopped = office.stoppedLanes.map { "\($0.key.rawValue): \($0.value)" }.sorted().joined(
            separator: "; ")
        findings.append(
            Finding(
                .officeRefusesUs, "office", office.untrusted != nil || !stopped.isEmpty,
                office.untrusted ?? stopped))
        findings.append(Finding(.outboxFull, "outbox", offlineTooLong != nil, offlineTooLong ?? ""))
        findings.append(
            Finding(
                .outboxNearlyFull, "outbox", offlineNearly != nil && offlineTooLong == nil,
                offlineNearly ?? ""))
        findings.append(
            Finding(.journalTrouble, "journal", journalTrouble != nil, journalTrouble ?? ""))
        return findings
    }

    struct Finding {
        let key: AlarmKey
        let present: Bool
        let evidence: String
        init(_ code: AlarmCode, _ object: String, _ present: Bool, _ evidence: String) {
            (key, self.present, self.evidence) = (AlarmKey(code, object), present, evidence)
        }
    }

    private func acceptorAlarms(_ object: String) -> [Finding] {
        let conditions = acceptor.conditions
        func holds(_ matches: (AcceptorCondition) -> Bool) -> (Bool, String) {
            let found = conditions.filter(matches).map { "\($0)" }.sorted()
            return (!found.isEmpty, found.joined(separator: ", "))
        }
        let jam = holds { $0 == .jamInValidator || $0 == .jamInCassette }
        let wrong = holds { if case .wrongUnit = $0 { true } else { false } }
        let failure = holds {
            switch $0 {
            case .failure, .unknownStatus: true
            case .cassetteRemoved, .cassetteFull, .jamInValidator, .jamInCassette, .cheated,
                .paused, .wrongUnit:
                false
            }
        }
        return [
            Finding(
                .acceptorLost, object, acceptor.lost != nil, acceptor.lost.map { "\($0)" } ?? ""),
            Finding(.acceptorJam, object, jam.0, jam.1),
            Finding(.acceptorWrongUnit, object, wrong.0, wrong.1),
            Finding(.acceptorFault, object, failure.0, failure.1),
            Finding(
                .acceptorCheated, object, conditions.contains(.cheated), "the unit reports cheating"
            ),
            Finding(
                .cassetteRemoved, object, conditions.contains(.cassetteRemoved),
                "the unit reports no cassette"),
            Finding(
                .cassetteFull, object, conditions.contains(.cassetteFull),
                "the unit reports a full cassette"),
        ]
    }

    private func printerAlarms(_ object: String) -> [Finding] {
        let conditions = printer.conditions
        let faults = conditions.intersection([.mediaJam, .coverOpen, .stopped]).map(\.rawValue)
            .sorted()
        let gone = conditions.intersection([.offline, .unreachable]).map(\.rawValue).sorted()
        return [
            Finding(.printerLost, object, !gone.isEmpty, gone.joined(separator: ", ")),
            Finding(.printerFault, object, !faults.isEmpty, faults.joined(separator: ", ")),
            Finding(
                .paperOut, object, conditions.contains(.mediaEmpty), "the queue reports media-empty"
            ),
            Finding(
                .paperLow, object, conditions.contains(.mediaLow), "the queue reports media-low"),
        ]
    }
}
