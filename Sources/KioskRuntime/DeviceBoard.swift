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
        /// As last said. A lost unit keeps its conditions: silence clears nothing.
        var conditions: Set<AcceptorCondition> = []
        /// Nil while the unit answers. At the start it has not answered yet, which is no alarm.
        var lost: Fault?
        /// The unit has said its conditions since it was connected. Until then they may be old, and nothing is cleared.
        var isKnown = false
        /// What the journal has of the two.
        var recordedIdentity: DeviceIdentity?
        var recordedCassetteOut = false

        /// Remembers what the unit says of itself; true if services and alarms may change by it.
        mutating func hear(_ report: AcceptorEvent) -> Bool {
            switch report {
            case .identified(let identity, _): self.identity = identity
            case .connected:
                // It answers; conditions that it has no more are not told, those that it has are told before it is ready.
                (isKnown, lost, conditions) = (false, nil, [])
                return false
            case .lost(let fault): (isKnown, lost) = (false, fault)
            case .conditions(let conditions): (isKnown, self.conditions) = (true, conditions)
            case .ready: isKnown = true
            case .accepting, .escrowed, .stacked, .returned, .refused: return false
            }
            return true
        }

        /// What has changed since the journal last took note.
        func entries(_ name: DeviceName) -> [Entry] {
            var entries: [Entry] = []
            if let identity, identity != recordedIdentity {
                entries.append(.deviceIdentified(device: name, identity: identity))
            }
            if isKnown, cassetteOut != recordedCassetteOut {
                entries.append(cassetteOut ? .cassetteRemoved : .cassetteInserted)
            }
            return entries
        }

        mutating func recorded() {
            recordedIdentity = identity
            if isKnown { recordedCassetteOut = cassetteOut }
        }

        private var cassetteOut: Bool { conditions.contains(.cassetteRemoved) }
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

        mutating func hear(_ news: CourierNews, atNs now: Int64) {
            switch news {
            case .reachable: self = OfficeState(reachable: true, stoppedLanes: stoppedLanes)
            case .unreachable(let why):
                (reachable, self.why, untrusted) = (false, why, nil)
                silentSinceNs = silentSinceNs ?? now
            case .untrusted(let why): (reachable, untrusted) = (false, why)
            case .laneStopped(let lane, let why): stoppedLanes[lane] = why
            case .laneMoves(let lane): stoppedLanes[lane] = nil
            case .journal: break
            }
        }
    }

    /// What is offered now, with the reason for what is not.
    func services(hasAcceptor: Bool, hasPrinter: Bool) -> Services {
        var cash: Set<Services.Hindrance> = []
        if !hasAcceptor || !acceptor.isKnown {
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
        findings += officeAlarms(nowNs: nowNs, silence: silence)
        findings += [
            Finding(.outboxFull, "outbox", offlineTooLong != nil, offlineTooLong ?? ""),
            Finding(
                .outboxNearlyFull, "outbox", offlineNearly != nil && offlineTooLong == nil,
                offlineNearly ?? ""),
            Finding(.journalTrouble, "journal", journalTrouble != nil, journalTrouble ?? ""),
        ]
        return findings
    }

    private func officeAlarms(nowNs: Int64, silence: Duration) -> [Finding] {
        let silentFor = office.silentSinceNs.map { Duration.nanoseconds(nowNs - $0) } ?? .zero
        let isSilent = office.silentSinceNs != nil && silentFor >= silence
        let stopped = office.stoppedLanes.map { "\($0.key.rawValue): \($0.value)" }.sorted()
            .joined(separator: "; ")
        return [
            Finding(
                .officeUnreachable, "office", isSilent && office.untrusted == nil, office.why),
            Finding(
                .officeRefusesUs, "office", office.untrusted != nil || !stopped.isEmpty,
                office.untrusted ?? stopped),
        ]
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
        let lost = Finding(
            .acceptorLost, object, acceptor.lost != nil, acceptor.lost.map { "\($0)" } ?? "")
        // Silence, and the first words after it, clear nothing but the silence itself.
        guard acceptor.isKnown else { return acceptor.lost == nil ? [] : [lost] }
        return [
            lost,
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
        guard printer.known else { return [] }
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
