internal import DeviceKit
internal import KioskModel

/// From an open link to a unit that takes the notes it was asked to take.
///
/// Source: ITL GA138 2.2: SYNC, then protocol version, setup and serial number, inhibits, enable; GA973 2.2: the first POLL
/// after a start may hold a credit. Inhibits and enable are lost at power-off.
extension SSPAcceptor {
    /// Opens the link and finds out what is there. A note that may be held is not stacked by it.
    func greet(_ report: AcceptorReport) async throws(Ending) {
        try await openLink()
        try await readAgain(report)
        let resumed = connection.greeted
        try await synchronize()
        if has(.encrypted) { try await agreeOnKey() }
        try await readUnit()
        guard !resumed else { return try await tellIdentity(report) }
        // A plain POLL would stack a note that was read before: of what it was worth nobody knows any more.
        guard case .ok = try await exchange(.hold) else {
            // What was held before is not any more: the first POLL may say what became of it.
            if held?.sentAt == nil { held?.sentAt = now }
            return
        }
        held = Held(channel: nil, value: nil, since: now, lastHold: now)
        decision = .returnNote
        try await tellPosition(.running, report)
    }

    /// The POLL that was not dealt with to its end before the link was lost, byte for byte: a unit that was not restarted
    /// says its answer again, with the credit that may be in it.
    private func readAgain(_ report: AcceptorReport) async throws(Ending) {
        guard let unread else { return }
        switch try await deliver(unread.packet) {
        case .ok(let data): try await read(data, report)
        case .refused, .keyNotSet: self.unread = nil
        }
    }

    private func synchronize() async throws(Ending) {
        var (echoed, strange) = (false, 0)
        for _ in 0..<profile.polling.missedMax {
            let presence: SSPWire.Presence
            var probed = wire
            do {
                presence = try await probed.probe(firstSequence: has(.sequenceOneAfterSync))
            } catch { throw .lost(error) }
            switch presence {
            case .unit:
                wire = probed
                return
            case .silent: break
            case .echoOnly: echoed = true
            case .strange(let count): strange += count
            }
            try await wait(profile.polling.interval)
        }
        let got: String
        switch (echoed, strange) {
        case (true, _): got = "got only our own bytes back"
        case (false, 0): got = "got no protocol answer"
        case (false, _): got = "got \(strange) bytes that are no SSP"
        }
        throw .lost(
            fault(
                "identify", expected: "an SSP unit at address 00", got: got,
                remedy: "Check the unit's power and cable, and that the unit is set to SSP."))
    }

    /// eSSP: a fresh key for each connection, and whenever the unit has lost it.
    private func agreeOnKey() async throws(Ending) {
        let exchanged = SSPKeyExchange(random: random)
        wire.cipher = nil
        guard case .ok = try await exchange(.generator(exchanged.generator)),
            case .ok = try await exchange(.modulus(exchanged.modulus)),
            case .ok(let data) = try await exchange(.keyExchange(exchanged.hostKey)),
            data.count >= 8,
            let secret = exchanged.secret(
                with: data.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
        else {
            throw .lost(
                Fault(
                    .communication, .configuration, operation: "exchange keys",
                    expected: "a unit that speaks eSSP", got: "got a refusal",
                    remedy: "Check the profile: is the quirk `encrypted` right for this unit?"))
        }
        wire.cipher = SSPCipher(secret: secret)
        connection.acknowledges = true
    }

    /// The unit says that it has no key: it was restarted, or wants eSSP from a profile that does not.
    func keyIsLost() async throws(Ending) {
        guard has(.encrypted) else {
            throw .lost(
                Fault(
                    .communication, .configuration, operation: "exchange keys",
                    expected: "a unit that is spoken to in clear", got: "got *key not set* (FA)",
                    remedy: "The unit wants eSSP: put the quirk `encrypted` into its profile."))
        }
        connection.attempts += 1
        try giveUp("exchange keys", "a key that the unit keeps")
        unread = nil
        try await synchronize()
        try await agreeOnKey()
    }

    /// Version, setup and serial number; nothing is told yet.
    func readUnit() async throws(Ending) {
        for version in Limits.versions {
            // Not known at all: the unit has one version.
            if try await exchange(.protocolVersion(version)) != .refused(0xF8) { break }
        }
        guard case .ok(let data) = try await exchange(.setup), let setup = SSPSetup(data) else {
            connection.attempts += 1
            return try giveUp("read the setup", "a setup that can be read")
        }
        let serial = try await number(.serial)
        let text = try await text(.firmware)
        let dataset = try await self.text(.dataset)
        let identity = DeviceIdentity(
            model: text.isEmpty ? "SSP validator" : text, serial: serial,
            firmware: dataset.isEmpty ? setup.firmware : "\(setup.firmware) \(dataset)")
        table = setup.table
        (connection.identity, connection.known, connection.attempts) = (identity, true, 0)
        connection.wrong =
            setup.strangeType.map { "setup: expected a validator, got unit type \($0)" }
            ?? wrongUnit(identity, setup.table)
    }

    /// Four bytes, most significant first. Source: GA138, GET SERIAL NUMBER.
    private func number(_ command: SSPCommand) async throws(Ending) -> String {
        guard case .ok(let data) = try await exchange(command), data.count >= 4 else { return "" }
        return String(data.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
    }

    private func text(_ command: SSPCommand) async throws(Ending) -> String {
        guard case .ok(let data) = try await exchange(command) else { return "" }
        let printable = data.prefix(32).prefix { (0x20...0x7E).contains($0) }
        return NoteTable.text(ArraySlice(printable)).split(separator: " ").joined(separator: " ")
    }

    /// Who the unit is, once it is known and greeted.
    func tellIdentity(_ report: AcceptorReport) async throws(Ending) {
        guard connection.greeted, !connection.identified, let identity = connection.identity else {
            return
        }
        let accepts = connection.wrong == nil ? notesTaken.map(\.value) : []
        try await tell(.identified(identity, accepts: Set(accepts).sorted()), report)
        connection.identified = true
        try await tellConditions(report)
    }

    var notesTaken: [BillAcceptorProfile.Note] { notesTaken(of: table) }

    func giveUp(_ operation: String, _ expected: String) throws(Ending) {
        guard connection.attempts >= Limits.attemptsMax else { return }
        throw broken(
            operation, expected: expected, got: "got none in \(connection.attempts) tries")
    }

    /// The unit moves nothing: the only moment to change what it takes.
    func rest(_ report: AcceptorReport) async throws(Ending) {
        guard connection.known else {
            try await readUnit()
            return try await tellIdentity(report)
        }
        // What is in the way closes the slot as well; when it is gone, the unit is told anew.
        guard connection.conditions.allSatisfy(\.leavesSlotOpen) else {
            return connection.forgetSetup()
        }
        let (number, taken) = (wantedNumber, notesTaken.filter { wanted.contains($0.value) })
        let target = connection.wrong == nil ? Set(taken.map(\.value)) : []
        guard connection.enabled == target else {
            guard try await enable(taken: target.isEmpty ? [] : taken) else {
                connection.attempts += 1
                return try giveUp("enable notes", "OK")
            }
            (connection.enabled, connection.enabledAt, connection.attempts) = (target, now, 0)
            return
        }
        guard target.isEmpty || !connection.isDisabled else { return try disagree() }
        connection.disagreesSince = nil
        let ready = !target.isEmpty
        guard connection.reportedReady != ready || connection.reportedNumber != number else {
            return
        }
        try await tell(.ready(ready), report)
        (connection.reportedReady, connection.reportedNumber) = (ready, number)
    }

    func enable(taken: [BillAcceptorProfile.Note]) async throws(Ending) -> Bool {
        guard !taken.isEmpty else { return try await isDone(.disable) }
        guard try await isDone(.inhibits(channels: Set(taken.map(\.code)))) else { return false }
        return try await isDone(.enable)
    }

    private func isDone(_ command: SSPCommand) async throws(Ending) -> Bool {
        if case .ok = try await exchange(command) { true } else { false }
    }

    /// Enabled, but *disabled*, as after ten seconds without a command: said again every second, and a fault in the end.
    private func disagree() throws(Ending) {
        let since = connection.disagreesSince ?? now
        connection.disagreesSince = since
        if elapsed(since: connection.enabledAt) >= Limits.repetition { connection.enabled = nil }
        guard elapsed(since: since) > Limits.disagreement else { return }
        isShut = true
        throw broken("enable notes", expected: "an open slot", got: "got *disabled*")
    }
}

extension AcceptorCondition {
    /// The unit can be told what to take in spite of it.
    fileprivate var leavesSlotOpen: Bool {
        switch self {
        case .cheated, .paused, .unknownStatus, .wrongUnit: true
        case .cassetteRemoved, .cassetteFull, .jamInValidator, .jamInCassette, .failure: false
        }
    }
}
