internal import DeviceKit
internal import KioskModel

extension PrintQueueState {
    /// What the queue says of the printer, in our words. The severity at a reason's end is not trusted: one and the same
    /// empty roll is an error here and a warning there. Source: RFC 8011 5.4.12; PWG 5100.9 for the later ones.
    var conditions: Set<PrinterCondition> {
        var conditions = Set(reasons.compactMap(PrintQueueState.condition))
        if state == .stopped || !acceptsJobs { conditions.insert(.stopped) }
        // Words of CUPS's backends (socket, usb); a hint only, and old news on an idle queue.
        let unheard = ["unavailable at this time", "printer to become available"]
        if state == .processing, unheard.contains(where: message.contains) {
            conditions.insert(.offline)
        }
        return conditions
    }

    private static func condition(_ reason: String) -> PrinterCondition? {
        let severities = ["-report", "-warning", "-error"]
        let severity = severities.first(where: reason.hasSuffix) ?? ""
        switch String(reason.dropLast(severity.count)) {
        case "media-empty", "media-needed": return .mediaEmpty
        case "media-low": return .mediaLow
        case "media-jam": return .mediaJam
        case "cover-open", "door-open", "interlock-open": return .coverOpen
        case "offline", "shutdown", "timed-out": return .offline
        case "paused", "moving-to-paused": return .stopped
        // An error that has no word here still keeps the printer from printing.
        default: return severity == "-error" ? .stopped : nil
        }
    }
}

extension Set<PrinterCondition> {
    /// Those that keep paper from coming out.
    var obstacles: Set<PrinterCondition> { filter { !$0.isWarning } }
}
