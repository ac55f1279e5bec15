/// One record per object and type: raised once, cleared once, never twice open.
public struct AlarmKey: Hashable, Sendable, Codable, CustomStringConvertible {
    public let code: AlarmCode
    /// What it is about: "billAcceptor/0", "printer/0", "office", "journal".
    public let object: String
    public init(_ code: AlarmCode, _ object: String) { (self.code, self.object) = (code, object) }
    public var description: String { "\(object) \(code.rawValue)" }
}

/// Urgency. Source: ITU-T X.733 8.1.2.3; TMF642 perceivedSeverity.
public enum PerceivedSeverity: String, Sendable, Codable, CaseIterable {
    case critical, major, minor, warning, indeterminate, cleared
}

/// Source: ITU-T X.733 8.1.1 and X.736; TMF642 alarmType.
public enum AlarmType: String, Sendable, Codable, CaseIterable {
    case communicationsAlarm, processingErrorAlarm, environmentalAlarm, qualityOfServiceAlarm,
        equipmentAlarm
    case integrityViolation, operationalViolation, physicalViolation,
        securityServiceOrMechanismViolation, timeDomainViolation
}

/// Every condition that someone must deal with. A new case does not compile until each question below is answered.
public enum AlarmCode: String, Sendable, Codable, CaseIterable {
    case acceptorLost, acceptorFault, acceptorJam, cassetteRemoved, cassetteFull, acceptorCheated,
        acceptorWrongUnit
    case noteDoubtful
    case printerLost, printerFault, paperOut, paperLow
    case officeUnreachable, officeRefusesUs
    case outboxNearlyFull, outboxFull
    case journalTrouble
}

extension AlarmCode {
    public var severity: PerceivedSeverity {
        switch self {
        case .acceptorLost, .acceptorFault, .acceptorJam, .acceptorWrongUnit, .cassetteFull: .major
        case .cassetteRemoved, .acceptorCheated, .noteDoubtful, .journalTrouble, .outboxFull:
            .critical
        case .printerLost, .printerFault, .paperOut, .officeRefusesUs: .major
        case .paperLow, .officeUnreachable: .warning
        case .outboxNearlyFull: .minor
        }
    }

    public var type: AlarmType {
        switch self {
        case .acceptorLost, .acceptorFault, .acceptorJam, .acceptorWrongUnit, .cassetteFull:
            .equipmentAlarm
        case .printerLost, .printerFault, .paperOut, .paperLow: .equipmentAlarm
        case .cassetteRemoved: .physicalViolation
        case .acceptorCheated: .securityServiceOrMechanismViolation
        case .noteDoubtful: .integrityViolation
        case .officeUnreachable: .communicationsAlarm
        case .officeRefusesUs: .securityServiceOrMechanismViolation
        case .outboxNearlyFull, .outboxFull: .qualityOfServiceAlarm
        case .journalTrouble: .processingErrorAlarm
        }
    }

    /// Source: ITU-T X.733 8.1.2.1, X.736 8.1; 3GPP TS 28.111 for the later ones.
    public var probableCause: String {
        switch self {
        case .acceptorLost: "replaceableUnitMissing"
        case .acceptorFault, .acceptorJam: "inputDeviceError"
        case .acceptorWrongUnit: "configurationOrCustomizationError"
        case .cassetteRemoved: "replaceableUnitMissing"
        case .cassetteFull: "resourceAtOrNearingCapacity"
        case .acceptorCheated: "unauthorizedAccessAttempt"
        case .noteDoubtful: "informationMissing"
        case .printerLost, .printerFault: "outputDeviceError"
        case .paperOut: "materialSupplyExhausted"
        case .paperLow: "resourceAtOrNearingCapacity"
        case .officeUnreachable: "connectionEstablishmentError"
        case .officeRefusesUs: "authenticationFailure"
        case .outboxNearlyFull, .outboxFull: "queueSizeExceeded"
        case .journalTrouble: "diskProblem"
        }
    }

    /// When it goes away by itself.
    public var clearsWhen: String {
        switch self {
        case .acceptorLost: "the acceptor answers again"
        case .acceptorFault: "the acceptor reports no failure"
        case .acceptorJam: "the acceptor reports a free path"
        case .acceptorWrongUnit: "the unit matches its profile"
        case .cassetteRemoved: "a cassette is in place"
        case .cassetteFull: "the cassette has room"
        case .acceptorCheated: "the acceptor works normally again"
        case .noteDoubtful: "the cash box is counted"
        case .printerLost: "the print queue answers again"
        case .printerFault: "the printer reports no fault"
        case .paperOut, .paperLow: "the printer reports paper"
        case .officeUnreachable: "the office answers"
        case .officeRefusesUs: "the office accepts the certificate"
        case .outboxNearlyFull, .outboxFull: "the office has taken the waiting entries"
        case .journalTrouble: "the journal commits again"
        }
    }

    /// What the technician does, as a sentence.
    public var repair: String {
        switch self {
        case .acceptorLost: "Check the acceptor's power and its cable, then run `kioskctl devices`."
        case .acceptorFault:
            "Switch the acceptor off and on; if the same code returns, change the unit."
        case .acceptorJam:
            "Open the acceptor, take the note out, keep it with the slip, close the acceptor."
        case .acceptorWrongUnit:
            "Compare the unit with the profile in the configuration; fit the right unit or correct the profile."
        case .cassetteRemoved: "Put a cassette in; if nobody is at the kiosk, send someone at once."
        case .cassetteFull: "Change the cassette and count it."
        case .acceptorCheated:
            "Look at the entry slot for strings and foreign objects; report what you found."
        case .noteDoubtful: "Count the cash box and settle the difference at the office."
        case .printerLost:
            "Check the printer's power and cable, then look at the queue with `lpstat -p`."
        case .printerFault: "Open the printer, clear the jam, close the cover."
        case .paperOut, .paperLow: "Put in a new paper roll."
        case .officeUnreachable: "Check the network; the kiosk goes on within its limits meanwhile."
        case .officeRefusesUs:
            "Check the kiosk's certificate and clock; ask the office for a new certificate."
        case .outboxNearlyFull: "Restore the network before the kiosk stops taking cash."
        case .outboxFull:
            "Restore the network: the kiosk takes no cash until its entries are delivered."
        case .journalTrouble: "Free or change the disk; no cash is taken until the journal works."
        }
    }
}
