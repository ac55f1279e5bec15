internal import DeviceKit
internal import KioskModel

/// Asking how the unit is, and what follows from its answer.
///
/// Source: ITL GA138 2.2, POLL, POLL WITH ACK and their events.
extension SSPAcceptor {
    /// One POLL and all that its answer asks for; while a note is held for a decision, no POLL.
    func turn(_ report: AcceptorReport) async throws(Ending) {
        if held != nil, held?.sentAt == nil {
            try await keepNote(report)
        } else {
            try await poll(connection.acknowledges ? .pollWithAcknowledge : .poll, report)
        }
    }

    func poll(_ command: SSPCommand, _ report: AcceptorReport) async throws(Ending) {
        let packet = wire.packet(command, random: random)
        unread = Unread(packet: packet)
        switch try await deliver(packet) {
        case .ok(let data):
            try await read(data, report)
            guard connection.greeted, !connection.isStarting, connection.motion == nil, held == nil
            else { return }
            try await rest(report)
        case .keyNotSet: try await keyIsLost()
        // A unit that does not know the command is polled without it.
        case .refused where command == .pollWithAcknowledge:
            (connection.acknowledges, unread) = (false, nil)
        case .refused(let code):
            unread = nil
            connection.conditions = [.unknownStatus(code)]
            try await tellConditions(report)
        }
    }

    /// Deals with an answer to its end. What was told of it before a connection ended is not told again.
    func read(_ data: [UInt8], _ report: AcceptorReport) async throws(Ending) {
        if unread?.data != data {
            unread?.data = data
            unread?.done = 0
        }
        let events = SSPEvent.events(data)
        remember(events)
        guard try await locate(events, report) else { return }
        var isRefused = false
        for event in events.dropFirst(unread?.done ?? 0) {
            if event == .rejected, held == nil { isRefused = true }
            try await follow(event, report)
            unread?.done += 1
        }
        try await tellConditions(report)
        // From here on the unit may forget the answer.
        unread = nil
        try keepOrder()
        if connection.acknowledges, events.contains(where: \.wantsAcknowledgement) {
            // Refused or not: what is not acknowledged comes again.
            _ = try await exchange(.acknowledge)
        }
        if isRefused { try await tellRefusal(report) }
    }

    private func remember(_ events: [SSPEvent]) {
        let motion = events.reduce(SSPMotion?.none) { motion, event in
            switch event {
            case .stacked, .rejected, .clearedToFront, .clearedToCassette: nil
            default: event.motion ?? motion
            }
        }
        if motion != connection.motion { (connection.motion, connection.since) = (motion, now) }
        connection.isDisabled = events.contains(.disabled) || events.contains(.allInhibited)
        for event in events {
            switch event {
            case .cassetteRemoved: connection.isCassetteOut = true
            case .cassetteReplaced:
                connection.isCassetteOut = false
                connection.forgetSetup()
            // A unit that works has its cassette.
            case .reading, .read, .stacking, .credit: connection.isCassetteOut = false
            case .reset:
                // Before the first answer, setup was read behind the start of which this tells.
                if connection.greeted { connection.forgetUnit() }
                connection.isStarting = true
            // What stands behind it was not read; a note may have been read there.
            case .unknown: settled = nil
            default: break
            }
        }
        connection.conditions = Set(events.compactMap(\.condition))
        connection.conditions.remove(.cassetteRemoved)
        if connection.isCassetteOut { connection.conditions.insert(.cassetteRemoved) }
    }

    /// The first answer of a connection, and each later start of the unit, tells where a note was found, before anything
    /// else. False while that is not known: a unit that has just started may still say so, and there is no money in the answer.
    private func locate(_ events: [SSPEvent], _ report: AcceptorReport) async throws(Ending)
        -> Bool
    {
        if !connection.greeted, let stuckIn, stuckIn == connection.motion,
            !events.contains(where: \.isCredit)
        {
            unread = nil
            throw stuck(stuckIn)
        }
        stuckIn = nil
        if !connection.greeted, try await staysShut(events) { return false }
        if connection.isStarting {
            let isAtRest = connection.motion == nil && !events.contains(.reset)
            if events.contains(where: \.isCredit) {
                try await tellPosition(.inStacker, report)
            } else if let channel = events.compactMap(\.clearedToFront).first {
                // Another note than the one that was to be stacked: of that one nobody knows.
                let isOther = channel != 0 && (held?.channel ?? channel) != channel
                try await tellPosition(isOther ? .clearAfterPowerUp : .inPath, report)
                (held, decision) = (nil, nil)
            } else if isAtRest {
                try await tellPosition(.clearAfterPowerUp, report)
                (held, decision) = (nil, nil)
            } else {
                unread = nil
                try keepOrder()
                return false
            }
            connection.isStarting = false
        } else if !connection.greeted {
            try await tellPosition(.running, report)
        }
        if connection.known { try await tellIdentity(report) }
        return true
    }

    /// A unit that did not open its slot was told as lost: nothing more is told until it opens, or has been restarted.
    private func staysShut(_ events: [SSPEvent]) async throws(Ending) -> Bool {
        guard isShut, connection.isDisabled, !connection.isStarting, !wanted.isEmpty,
            !events.contains(where: \.isCredit)
        else {
            isShut = false
            return false
        }
        unread = nil
        guard elapsed(since: connection.enabledAt) > Limits.disagreement else { return true }
        connection.enabledAt = now
        _ = try await enable(taken: notesTaken.filter { wanted.contains($0.value) })
        return true
    }

    func tellPosition(_ position: NotePosition, _ report: AcceptorReport) async throws(Ending) {
        connection.reportedReady = nil
        try await tell(.connected(position), report)
        (connection.greeted, told.loss) = (true, nil)
        try await tellIdentity(report)
    }

    private func follow(_ event: SSPEvent, _ report: AcceptorReport) async throws(Ending) {
        switch event {
        case .reading: try await noteEntered(report)
        case .read(let channel): try await noteEscrowed(channel, report)
        case .credit(let channel), .clearedToCassette(let channel):
            try await noteCredited(channel, report)
        case .rejected: try await noteRejected(report)
        case .clearedToFront: try await noteRejected(report)
        // Fished out, or not: of that the kiosk decides.
        case .fraud: (held, decision) = (nil, nil)
        case .reset, .stacking, .stacked, .rejecting, .disabled, .allInhibited, .unsafeJam,
            .safeJam, .cassetteFull, .cassetteRemoved, .cassetteReplaced, .pathOpen, .initializing,
            .unknown:
            break
        }
    }

    /// A motion that should have ended is a fault. A note that waits for a decision has a limit of its own.
    private func keepOrder() throws(Ending) {
        guard let motion = connection.motion,
            elapsed(since: connection.since) > motion.limit(profile.polling.initializeTimeout)
        else { return }
        stuckIn = motion
        throw stuck(motion)
    }

    private func stuck(_ motion: SSPMotion) -> Ending {
        .lost(
            Fault(
                .hardware, .maintenance, operation: motion.name,
                expected: "an end within its limit", got: "got none",
                remedy: "Look for a note in the unit, then switch the unit off and on."))
    }

    func tellConditions(_ report: AcceptorReport) async throws(Ending) {
        var conditions = connection.conditions
        if let wrong = connection.wrong { conditions.insert(.wrongUnit(wrong)) }
        try await tell(conditions: conditions, report)
    }
}

extension SSPEvent {
    /// The channel of a note that was given back at power-up.
    fileprivate var clearedToFront: UInt8? {
        if case .clearedToFront(let channel) = self { channel } else { nil }
    }
}
