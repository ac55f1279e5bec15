internal import DeviceKit
internal import KioskModel

/// From an open link to a unit that takes the notes it was asked to take.
///
/// Source: CCNET Common Specifications 2.6.0: power-up and initialization; 37 and 41 only in power-up, initialize, failure
/// or disabled; all types are disabled after power-up, RESET and a change of the cassette.
extension CCNETAcceptor {
    /// Opens the link and finds out whether a unit is there, and whether the link echoes. Nothing of it changes the unit.
    func greet() async throws(Ending) {
        wire.echoes = false
        try await openLink()
        var echoed = false
        for _ in 0..<profile.polling.missedMax {
            let presence: CCNETWire.Presence
            do { presence = try await wire.probe() } catch { throw .lost(error) }
            switch presence {
            case .unit(let reply, let echoes):
                wire.echoes = echoes
                connection.lastExchange = now
                if case .data(let data) = reply {
                    connection.identity = CCNETIdentity.read(data)
                    try await acknowledge()
                }
                return
            case .echoOnly: echoed = true
            case .silent: break
            }
            try await wait(profile.polling.interval)
        }
        let got = echoed ? "got only our own bytes back" : "got no protocol answer"
        throw .lost(
            fault(
                "identify", expected: "a CCNET unit at address 03", got: got,
                remedy: "Check the unit's power, cable and interface setting (CCNET, not pulse)."))
    }

    /// The unit has started anew: everything it was told is forgotten. What it is and what its notes are worth is asked for
    /// before RESET, so that a note it reports afterwards has a value.
    func powerUp(_ status: CCNETStatus, _ report: AcceptorReport) async throws(Ending) {
        connection.forgetSetup()
        connection.held = nil
        if !connection.known, connection.attempts < Limits.attemptsBeforeReset {
            try await readUnit(status, report)
            guard connection.known || connection.attempts >= Limits.attemptsBeforeReset else {
                return
            }
        }
        if let last = connection.lastReset, elapsed(since: last) < Limits.resetTakes { return }
        try await reset()
    }

    /// RESET. Only called after the status was read: a unit may hold a note.
    func reset() async throws(Ending) {
        guard connection.resets < Limits.resetsMax else {
            throw broken(
                "reset", expected: "the unit to initialize", got: "got power-up again each time")
        }
        // Taken or not: the next POLL shows it.
        _ = try await exchange(.reset)
        connection.resets += 1
        connection.lastReset = now
        connection.initializingUntil = now + nanoseconds(profile.polling.initializeTimeout)
        connection.forgetSetup()
        if has(.pauseAfterReset) { try await wait(Limits.pauseAfterReset) }
        if has(.reopenAfterReset) {
            await wire.link.close()
            try await openLink()
        }
    }

    /// After RESET, after a cassette was put in, or by itself: the unit has forgotten its inhibits.
    func initializing() throws(Ending) {
        connection.forgetSetup()
        guard let until = connection.initializingUntil else {
            connection.initializingUntil = now + nanoseconds(profile.polling.initializeTimeout)
            return
        }
        guard now > until else { return }
        stuckIn = .initializing
        throw broken(
            "initialize", expected: "ready within \(profile.polling.initializeTimeout)",
            got: "got no end of it")
    }

    /// The unit moves nothing: the only moment to set it up.
    func rest(_ status: CCNETStatus, _ report: AcceptorReport) async throws(Ending) {
        try await endRejected(report)
        (connection.initializingUntil, connection.resets) = (nil, 0)
        if !connection.known {
            // Only a disabled unit tells its table.
            guard status == .disabled else { return try await disableFirst() }
            try await readUnit(status, report)
            guard connection.known else {
                return try giveUp("read the note table", "identification and note table")
            }
        }
        if !connection.ready {
            switch try await exchange(.security(types: [])) {
            // A unit without security levels calls the command illegal.
            case .acknowledged, .illegal: break
            case .notAcknowledged, .nothing, .data:
                connection.attempts += 1
                return try giveUp("set security", "ACK")
            }
            (connection.ready, connection.attempts) = (true, 0)
        }
        try await enable(status, report)
    }

    private func disableFirst() async throws(Ending) {
        if try await exchange(.enable(types: [])) == .acknowledged { connection.enabled = [] }
        connection.attempts += 1
        try giveUp("disable", "ACK, then the status disabled")
    }

    private func giveUp(_ operation: String, _ expected: String) throws(Ending) {
        guard connection.attempts >= Limits.attemptsMax else { return }
        throw broken(
            operation, expected: expected, got: "got none in \(connection.attempts) tries")
    }

    /// Asks 37 and 41 and compares the answers with the profile.
    private func readUnit(_ status: CCNETStatus, _ report: AcceptorReport) async throws(Ending) {
        connection.attempts += 1
        if connection.identity == nil {
            guard case .data(let data) = try await exchange(.identification) else { return }
            try await acknowledge()
            connection.identity = CCNETIdentity.read(data)
        }
        guard case .data(let data) = try await exchange(.noteTable) else { return }
        try await acknowledge()
        guard let identity = connection.identity else { return }
        let table = CCNETNoteTable.read(data)
        self.table = table
        (connection.known, connection.attempts) = (true, 0)
        connection.wrong = wrongUnit(identity, table)
        let accepts = connection.wrong == nil ? notesTaken.map(\.value) : []
        try await tell(.identified(identity, accepts: Set(accepts).sorted()), report)
        try await tellConditions(status, report)
    }

    var notesTaken: [BillAcceptorProfile.Note] { notesTaken(of: table) }

    /// Lets the wanted notes in, each to stop in escrow, and says so when the unit confirms it by its status.
    private func enable(_ status: CCNETStatus, _ report: AcceptorReport) async throws(Ending) {
        let (number, taken) = (wantedNumber, notesTaken.filter { wanted.contains($0.value) })
        let target = connection.wrong == nil ? Set(taken.map(\.value)) : []
        guard connection.enabled == target else {
            let types = target.isEmpty ? [] : Set(taken.map { Int($0.code) })
            guard try await exchange(.enable(types: types)) == .acknowledged else {
                connection.attempts += 1
                return try giveUp("enable notes", "ACK")
            }
            (connection.enabled, connection.enabledAt, connection.attempts) = (target, now, 0)
            return
        }
        guard (status == .idling) == !target.isEmpty else { return try disagree(status) }
        connection.disagreesSince = nil
        let ready = !target.isEmpty
        guard connection.reportedReady != ready || connection.reportedNumber != number else {
            return
        }
        try await tell(.ready(ready), report)
        (connection.reportedReady, connection.reportedNumber) = (ready, number)
    }

    /// Enabled, but *disabled*; or the other way round: said again every second, and a fault in the end.
    private func disagree(_ status: CCNETStatus) throws(Ending) {
        let since = connection.disagreesSince ?? now
        connection.disagreesSince = since
        if elapsed(since: connection.enabledAt) >= Limits.repetition { connection.enabled = nil }
        guard elapsed(since: since) > Limits.disagreement else { return }
        stuckIn = status
        throw broken(
            "enable notes", expected: status == .idling ? "disabled" : "idling",
            got: "got \(status.name)")
    }

    /// For units that leave a jam or a failure only by RESET.
    func recover() async throws(Ending) {
        guard has(.resetToRecover), elapsed(since: connection.since) >= Limits.recoverEvery else {
            return
        }
        if let last = connection.lastReset, elapsed(since: last) < Limits.recoverEvery { return }
        connection.resets = 0
        try await reset()
    }

    private func has(_ quirk: CCNETQuirk) -> Bool { profile.head.has(quirk.rawValue) }

    private func nanoseconds(_ duration: Duration) -> Int64 {
        let parts = duration.components
        return parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000
    }
}
