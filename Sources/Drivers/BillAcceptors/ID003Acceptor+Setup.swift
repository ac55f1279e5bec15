internal import DeviceKit
internal import KioskModel

/// From an open link to a unit that takes the notes it was asked to take.
///
/// Source: behaviour of public hosts: RESET after every power-up; settings are lost with the power and at RESET.
extension ID003Acceptor {
    /// Opens the link and finds out whether a unit is there, and whether the link echoes. Nothing of it changes the unit.
    func greet() async throws(Ending) {
        wire.echoes = false
        try await openLink()
        var (echoed, strange): (Bool, [UInt8]) = (false, [])
        for _ in 0..<profile.polling.missedMax {
            let presence: ID003Wire.Presence
            do { presence = try await wire.probe() } catch { throw .lost(error) }
            switch presence {
            case .unit(let reply, let echoes):
                (wire.echoes, silentSince) = (echoes, nil)
                if case .data(let version) = reply { recognise(version) }
                return
            case .echoOnly: echoed = true
            case .silent(let bytes): strange += bytes
            }
            try await wait(profile.polling.interval)
        }
        if !echoed { try await revive() }
        throw .lost(absent(echoed, strange))
    }

    /// Another model or program than last time is another unit: what was in the first one is not in this.
    private func recognise(_ version: [UInt8]) {
        if let lastVersion, lastVersion != version { (held, isCredited, table) = (nil, false, nil) }
        lastVersion = version
        connection.version = version
    }

    private func absent(_ echoed: Bool, _ strange: [UInt8]) -> Fault {
        let bytes = strange.prefix(Limits.strange).map { String($0, radix: 16) }
        let got =
            strange.isEmpty
            ? "no protocol answer" : "bytes of none: " + bytes.joined(separator: " ")
        return fault(
            "identify", expected: "an ID-003 unit",
            got: echoed ? "got only our own bytes back" : "got " + got,
            remedy:
                "Check the unit's power and cable. If it is on, it speaks another protocol or has "
                + "another line setting (ID-003: even parity): set the unit, or choose its profile."
        )
    }

    /// A unit whose VEND VALID was not acknowledged in time says nothing more until RESET. Sent once a minute, and only when
    /// nothing was heard for a minute: no note is in escrow then.
    private func revive() async throws(Ending) {
        let since = silentSince ?? now
        silentSince = since
        guard elapsed(since: since) >= Limits.silence else { return }
        if let lastRevival, elapsed(since: lastRevival) < Limits.silence { return }
        lastRevival = now
        _ = try await exchange(.reset)
    }

    /// The unit has started anew: everything it was told is forgotten. What it is and what its notes are worth is asked for
    /// before RESET.
    func powerUp(_ status: ID003Status, _ report: AcceptorReport) async throws(Ending) {
        connection.forgetSetup()
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
                "reset", expected: "the unit to initialize", got: "got the same state each time")
        }
        // Taken or not: the next status shows it.
        _ = try await exchange(.reset)
        connection.resets += 1
        connection.lastReset = now
        connection.initializingUntil = now + initializeNs
        connection.forgetSetup()
    }

    /// After RESET, after a stacker was put in, or by itself: the unit has forgotten its settings.
    func initializing() async throws(Ending) {
        connection.forgetSetup()
        let until = connection.initializingUntil ?? now + initializeNs
        connection.initializingUntil = until
        guard now <= until else {
            stuckIn = .initializing
            throw broken(
                "initialize", expected: "ready within \(profile.polling.initializeTimeout)",
                got: "got no end of it")
        }
    }

    private var initializeNs: Int64 {
        let parts = profile.polling.initializeTimeout.components
        return parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000
    }

    /// The unit moves nothing: the only moment to set it up.
    func rest(_ status: ID003Status, _ report: AcceptorReport) async throws(Ending) {
        guard try await noteEnded(report) else { return }
        isCredited = false
        (connection.initializingUntil, connection.resets) = (nil, 0)
        if !connection.known || !connection.ready {
            // A unit that started anew lets notes in; they wait until it is known what they are worth.
            guard status == .inhibited else { return try await inhibitFirst() }
        }
        if !connection.known {
            try await readUnit(status, report)
            guard connection.known else {
                return try giveUp("read the currencies", "version and currencies")
            }
        }
        if !connection.ready { guard try await setUp() else { return } }
        try await enable(status, report)
    }

    private func inhibitFirst() async throws(Ending) {
        if try await exchange(.inhibit(true)) == .acknowledged { connection.enabled = [] }
        connection.attempts += 1
        try giveUp("inhibit", "the setting said again, then the status inhibited")
    }

    /// False when the unit did not answer: it is asked again at the next poll.
    private func setUp() async throws(Ending) -> Bool {
        for setting in [ID003Command.polledMode, .normalSecurity, .anyDirection] {
            switch try await exchange(setting) {
            // A unit that has no choice in it calls the command invalid.
            case .acknowledged, .invalid: continue
            case .garbled, .nothing, .data:
                connection.attempts += 1
                try giveUp("set up", "the setting said again")
                return false
            }
        }
        (connection.ready, connection.attempts) = (true, 0)
        return true
    }

    private func giveUp(_ operation: String, _ expected: String) throws(Ending) {
        guard connection.attempts >= Limits.attemptsMax else { return }
        throw broken(
            operation, expected: expected, got: "got none in \(connection.attempts) tries")
    }

    /// Asks what the unit is and what its notes are worth, and compares the answers with the profile.
    private func readUnit(_ status: ID003Status, _ report: AcceptorReport) async throws(Ending) {
        connection.attempts += 1
        if connection.version == nil {
            guard case .data(let version) = try await exchange(.version) else { return }
            recognise(version)
        }
        guard let version = connection.version else { return }
        if connection.identity == nil {
            var boot: [UInt8] = []
            // Not every unit tells it.
            if case .data(let data) = try await exchange(.bootVersion) { boot = data }
            connection.identity = ID003Identity.read(version, boot: boot)
        }
        guard let identity = connection.identity,
            case .data(let data) = try await exchange(.currencies)
        else { return }
        let table = ID003CurrencyTable.read(data)
        self.table = table
        (connection.known, connection.attempts) = (true, 0)
        connection.wrong = wrongUnit(identity, table)
        let accepts = connection.wrong == nil ? notesTaken.map(\.value) : []
        try await tell(.identified(identity, accepts: Set(accepts).sorted()), report)
        try await tellConditions(status, report)
    }

    /// Lets the wanted notes in, and says so when the unit confirms it by its status.
    private func enable(_ status: ID003Status, _ report: AcceptorReport) async throws(Ending) {
        let (number, taken) = (wantedNumber, notesTaken.filter { wanted.contains($0.value) })
        let target = connection.wrong == nil ? Set(taken.map(\.value)) : []
        guard connection.enabled == target else {
            return try await tellUnit(to: target, taken.map(\.code))
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

    /// Which types, then whether any: until then the unit is as it was.
    private func tellUnit(to target: Set<Money>, _ types: [UInt8]) async throws(Ending) {
        var isDone = true
        if !target.isEmpty {
            isDone = try await exchange(denominations(types)) == .acknowledged
        }
        if isDone { isDone = try await exchange(.inhibit(target.isEmpty)) == .acknowledged }
        guard isDone else {
            connection.attempts += 1
            return try giveUp("enable notes", "the setting said again")
        }
        (connection.enabled, connection.enabledAt, connection.attempts) = (target, now, 0)
    }

    /// Codes 61 to 68 are the bits of the first byte, 69 to 70 those of the second; a set bit keeps the type out. What the
    /// unit has no note for is kept out in the first byte, and left alone in the second, which many units do not use.
    private func denominations(_ types: [UInt8]) -> ID003Command {
        var bits: UInt16 = 0x00FF
        for entry in table?.entries ?? [] where (0x61...0x70).contains(entry.type) {
            bits |= 1 << UInt16(entry.type - 0x61)
        }
        for type in types where (0x61...0x70).contains(type) { bits &= ~(1 << UInt16(type - 0x61)) }
        return .denominations(UInt8(bits & 0xFF), UInt8(bits >> 8))
    }

    /// Enabled, but *inhibited*; or the other way round: said again every second, and a fault in the end.
    private func disagree(_ status: ID003Status) throws(Ending) {
        let since = connection.disagreesSince ?? now
        connection.disagreesSince = since
        if elapsed(since: connection.enabledAt) >= Limits.repetition { connection.enabled = nil }
        guard elapsed(since: since) > Limits.disagreement else { return }
        stuckIn = status
        throw broken(
            "enable notes", expected: status == .idling ? "inhibited" : "idling",
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
}
