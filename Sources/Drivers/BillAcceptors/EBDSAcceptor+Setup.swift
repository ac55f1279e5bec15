internal import DeviceKit
internal import KioskModel

/// From an open link to a unit that takes the notes it was asked to take.
///
/// Source: decapod-atm/ebds, extended commands; MEI M/POST, order of the start.
extension EBDSAcceptor {
    /// Opens the link and finds out whether a unit is there, and whether the link echoes: the answer to the first poll. It
    /// lets in what was let in before, or nothing.
    func open() async throws(Ending) -> EBDSReply {
        wire.echoes = false
        try await openLink()
        var got = "got no protocol answer"
        for _ in 0..<profile.polling.missedMax {
            let presence: EBDSWire.Presence
            do { presence = try await wire.probe(plainWish) } catch { throw .lost(error) }
            switch presence {
            case .unit(let reply, let echoes):
                wire.echoes = echoes
                return reply
            case .stale: accept()
            case .echoOnly: got = "got only our own bytes back"
            case .strange(let count): got = "got \(count) bytes that are no EBDS frame"
            case .silent: break
            }
            try await wait(profile.polling.interval)
        }
        throw .lost(
            fault(
                "identify", expected: "an EBDS unit", got: got,
                remedy: "Check the unit's power, cable, line settings (9600 7E1) and protocol."))
    }

    /// The unit moves nothing: the only moment to set it up.
    func rest(_ status: EBDSStatus, _ report: AcceptorReport) async throws(Ending) {
        if !connection.known {
            try await readUnit(status, report)
            guard connection.known else { return try giveUp("read the note table", "its notes") }
        }
        if !connection.ready, !has(.indexedNotes) {
            let command = EBDSCommand.escrowTimeout(seconds: Limits.escrowSeconds, plainWish)
            guard try await ask(command) != nil else {
                connection.attempts += 1
                return try giveUp("set the escrow time", "an answer")
            }
        }
        connection.ready = true
        try await enable(status, report)
    }

    private func giveUp(_ operation: String, _ expected: String) throws(Ending) {
        guard connection.attempts >= Limits.attemptsMax else { return }
        throw broken(
            operation, expected: expected, got: "got none in \(connection.attempts) tries")
    }

    /// Asks until there is an answer. Nil when there is none, or when a note came in between: the next poll sees to it, and
    /// nothing was acknowledged.
    private func ask(_ command: EBDSCommand) async throws(Ending) -> EBDSReply? {
        for _ in 0..<Limits.questionsMax {
            let reply = try await exchange(command)
            if let status = reply.status, status.hasEvent || status.hasNote || status.isPoweringUp {
                return nil
            }
            guard reply == .nothing || reply == .stale else {
                accept()
                return reply
            }
        }
        return nil
    }

    /// Asks what the unit is and which notes it knows, and compares that with the profile.
    private func readUnit(_ status: EBDSStatus, _ report: AcceptorReport) async throws(Ending) {
        connection.attempts += 1
        var texts: [EBDSQuestion: String] = [:]
        for question in EBDSQuestion.allCases {
            if let reply = try await ask(.question(question)) {
                if case .text(let text) = reply { texts[question] = text }
                continue
            }
            // It may have heard the question, and would give the next one this one's answer.
            guard try await ask(.poll(plainWish)) != nil else { return }
        }
        guard let table = try await readTable() else { return }
        let identity = DeviceIdentity(
            model: texts[.type] ?? "EBDS model \(status.model)",
            serial: texts[.serialNumber] ?? "",
            firmware: texts[.application] ?? "revision \(status.revision)")
        connection.table = table
        (connection.known, connection.attempts) = (true, 0)
        // What it did since it started counts more than what it is.
        connection.wrong = connection.wrong ?? wrongUnit(identity, table)
        let accepts = connection.wrong == nil ? notesTaken(of: table).map(\.value) : []
        try await tell(.identified(identity, accepts: Set(accepts).sorted()), report)
        try await tellConditions(status, report)
    }

    /// Entry by entry, until one is blank or refused. Nil: no answer.
    private func readTable() async throws(Ending) -> NoteTable? {
        guard !has(.indexedNotes) else {
            // The unit knows only numbers, and in which currency it does not say.
            return NoteTable(
                entries: profile.notes.filter { (1...7).contains($0.code) }.map {
                    .init(type: $0.code, country: profile.currencyCodes[0], value: $0.value)
                })
        }
        var entries: [NoteTable.Entry] = []
        for index in 1...Limits.notesMax {
            guard let reply = try await ask(.note(index: index, plainWish)) else { return nil }
            guard case .note(_, let note) = reply, note.index == index, !note.isBlank else { break }
            entries.append(.init(type: index, country: note.currency, value: note.value))
        }
        return NoteTable(entries: entries)
    }

    /// Lets the wanted notes in, each to stop in escrow, and says so when the unit was polled with it and is at rest.
    private func enable(_ status: EBDSStatus, _ report: AcceptorReport) async throws(Ending) {
        let number = wantedNumber
        let taken = notesTaken(of: connection.table).filter { wanted.contains($0.value) }
        let target = connection.wrong == nil ? Set(taken.map(\.value)) : []
        guard connection.enabled == target else {
            let notes = target.isEmpty ? [] : taken.map { Int($0.code) }
            guard try await inhibitOthers(than: Set(notes)) else {
                connection.attempts += 1
                return try giveUp("enable notes", "an answer")
            }
            if has(.indexedNotes) {
                denominations = notes.reduce(0) { $0 | 1 << UInt8($1 - 1) }
            } else {
                denominations = target.isEmpty ? 0 : 0x7F
            }
            (connection.enabled, connection.attempts) = (target, 0)
            return
        }
        // Out of service though notes are let in: that is a condition.
        guard target.isEmpty || status.isIdling else { return }
        let ready = !target.isEmpty
        guard connection.reportedReady != ready || connection.reportedNumber != number else {
            return
        }
        try await tell(.ready(ready), report)
        (connection.reportedReady, connection.reportedNumber) = (ready, number)
    }

    /// Units differ in how many bytes of inhibits they take. One that takes none lets every note of its table in as far as
    /// escrow, and the kiosk gives back what it does not want. False: no answer.
    private func inhibitOthers(than notes: Set<Int>) async throws(Ending) -> Bool {
        guard !has(.indexedNotes), !notes.isEmpty else { return true }
        if notes.contains(where: { $0 > 7 * Limits.inhibitBytes }) {
            connection.inhibitBytes = Limits.inhibitBytesMax
        }
        while connection.inhibitBytes > 0 {
            let command = EBDSCommand.inhibits(notes, bytes: connection.inhibitBytes, plainWish)
            guard let reply = try await ask(command) else { return false }
            guard reply.status?.refusesCommand == true else { return true }
            connection.inhibitBytes =
                connection.inhibitBytes < Limits.inhibitBytesMax ? Limits.inhibitBytesMax : 0
        }
        return true
    }

    /// For units that leave a jam or a failure only by a soft reset.
    func recover() async throws(Ending) {
        guard has(.resetToRecover), elapsed(since: connection.since) >= Limits.recoverEvery else {
            return
        }
        if let last = connection.lastReset, elapsed(since: last) < Limits.recoverEvery { return }
        connection.lastReset = now
        do { try await wire.write(.softReset) } catch { throw .lost(error) }
        accept()
        connection.silentUntil = now + nanoseconds(profile.polling.initializeTimeout)
        connection.forgetUnit()
        denominations = 0
        try await wait(Limits.pauseAfterReset)
    }
}
