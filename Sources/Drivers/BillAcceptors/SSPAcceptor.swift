public import DeviceKit
public import KioskModel

/// Host side of SSP and eSSP: one ITL unit, polled for as long as `run` lives.
///
/// Source: ITL GA138 SSP Protocol Manual 2.2 and GA973 SSP Implementation Guide 2.2. Two things make it unlike the others:
/// there is no command to stack, the next plain POLL after *read* does it; and a unit repeats an answer only for as long as
/// no other command comes. So nothing is sent before the credit in an answer is durable.
public actor SSPAcceptor: BillAcceptor, PolledAcceptor {
    let profile: BillAcceptorProfile
    let timekeeper: any Timekeeper
    let random: @Sendable () -> UInt64
    var wire: SSPWire
    /// The notes to be taken, as last asked for; applied whenever the unit is at rest.
    var wanted: Set<Money> = []
    /// Counts `accept` requests, so that each is answered by a `ready`.
    var wantedNumber = 0
    /// What to do with the note held now, asked for and not yet sent.
    var decision: Decision?
    /// The unit's table, kept over a lost link: a note may be reported before the table can be asked for again.
    var table: NoteTable?
    /// The note in escrow, or on its way from there; kept over a lost link, which does not move it.
    var held: Held?
    /// The channel of the last credit, while no other note was read: said again, it is the same note.
    var settled: UInt8?
    /// A POLL whose answer has not been dealt with to its end: it is sent again, byte for byte, before anything else.
    var unread: Unread?
    /// Set while a motion did not end within its limit: the next connection waits for another before it says hello.
    var stuckIn: SSPMotion?
    /// The unit was told as lost because it did not open its slot.
    var isShut = false
    var told = Told()
    /// What is known only as long as the link is open.
    var connection = Connection()

    struct Unread {
        let packet: SSPWire.Packet
        var data: [UInt8] = []
        /// So many of its events were told.
        var done = 0
    }

    /// The note in escrow.
    struct Held {
        /// Nil for a note that was held before this connection: it goes back.
        let channel: UInt8?
        /// Nil for a channel without a value: it goes back, and nobody hears of it but as a refusal.
        let value: Money?
        let since: Int64
        var lastHold: Int64
        /// When the POLL that stacks it or the REJECT was sent, or the unit let it go by itself.
        var sentAt: Int64?
        /// Tries to give it back that were refused while the unit still holds it.
        var refusals = 0
    }

    struct Connection {
        var greeted = false
        /// The unit started and has not said yet where it found a note.
        var isStarting = false
        var identity: DeviceIdentity?
        /// Setup and serial number were read since the unit started.
        var known = false
        var identified = false
        /// What the unit moves, and since when.
        var motion: SSPMotion?
        var since: Int64 = 0
        var isDisabled = true
        /// Said once when the cassette is taken out, and once when it is back.
        var isCassetteOut = false
        /// What the last answer says of its health.
        var conditions: Set<AcceptorCondition> = []
        var wrong: String?
        /// Commands in a row that were refused.
        var attempts = 0
        /// What the unit was last told to take; nil when that is not known.
        var enabled: Set<Money>?
        var enabledAt: Int64 = 0
        var disagreesSince: Int64?
        var reportedReady: Bool?
        var reportedNumber = 0
        /// The customer's note was told as accepting.
        var isToldOfMotion = false
        /// Each event comes again until it is acknowledged.
        var acknowledges = false

        /// The unit started: it may be another one, and it has forgotten its inhibits.
        mutating func forgetUnit() {
            (identity, known, identified, wrong) = (nil, false, false, nil)
            (attempts, isCassetteOut) = (0, false)
            forgetSetup()
        }

        mutating func forgetSetup() { (enabled, disagreesSince) = (nil, nil) }
    }

    /// - Parameter random: Numbers nobody can foretell; eSSP makes its key of them.
    public init(
        profile: BillAcceptorProfile, link: any ByteLink, timekeeper: any Timekeeper,
        random: @escaping @Sendable () -> UInt64
    ) {
        (self.profile, self.timekeeper, self.random) = (profile, timekeeper, random)
        wire = SSPWire(
            link: link, replyTimeout: profile.polling.replyTimeout,
            attemptsMax: profile.polling.missedMax)
    }

    public func request(_ request: AcceptorRequest) {
        switch request {
        case .accept(let values):
            wanted = Set(values)
            wantedNumber += 1
        case .stack: decide(.stack)
        case .returnNote: decide(.returnNote)
        }
    }

    private func decide(_ decision: Decision) {
        // A note held before this connection goes back, whatever is wanted.
        guard let held, held.sentAt == nil, held.value != nil else { return }
        self.decision = decision
    }

    public func run(report: @escaping AcceptorReport) async { await keepServing(report) }

    var link: any ByteLink { wire.link }

    var isKnown: Bool { connection.known }

    func begin() { connection = Connection() }

    func serve(_ report: @escaping AcceptorReport) async throws(Ending) {
        try await greet(report)
        while true {
            try await turn(report)
            try await wait(profile.polling.interval)
        }
    }

    func leave(_ ending: Ending) async {
        // A credit that is not recorded yet: the unit must go on repeating it.
        if let unread,
            SSPEvent.events(unread.data).dropFirst(unread.done).contains(where: \.isCredit)
        {
            return
        }
        let isAtRest = connection.greeted && connection.motion == nil && held == nil
        switch ending {
        case .lost: break
        case .unrecorded:
            if let held, held.sentAt == nil {
                await lastWord(.reject)
                self.held?.sentAt = now
            } else if isAtRest {
                await lastWord(.disable)
            }
        case .cancelled:
            // A held note stays: the unit gives it back by itself, soon.
            if isAtRest { await lastWord(.disable) }
        }
    }

    /// Nobody waits for an answer: the task may be cancelled.
    private func lastWord(_ command: SSPCommand) async {
        unread = nil
        let packet = wire.packet(command, random: random)
        try? await wire.link.write(packet.frame.bytes)
    }

    /// One transaction.
    func exchange(_ command: SSPCommand) async throws(Ending) -> SSPReply {
        try await deliver(wire.packet(command, random: random))
    }

    func deliver(_ packet: SSPWire.Packet) async throws(Ending) -> SSPReply {
        let reply: SSPReply?
        do { reply = try await wire.deliver(packet) } catch { throw .lost(error) }
        if let reply { return reply }
        throw .lost(
            fault(
                packet.command.name,
                expected: "an answer within \(profile.polling.replyTimeout)",
                got: "got none \(profile.polling.missedMax) times",
                remedy: "Check the unit's power and cable, then run `kioskctl devices`."))
    }

    func has(_ quirk: SSPQuirk) -> Bool { profile.head.has(quirk.rawValue) }

    enum Limits {
        /// Source: GA973: a held note goes back after 5 s without a command (GA138: 10 s).
        static let hold: Duration = .milliseconds(1500)
        /// Nobody decided: the note goes back.
        static let decision: Duration = .seconds(30)
        /// A command that was taken, but shows no effect, is repeated after this.
        static let repetition: Duration = .seconds(1)
        /// Enabled and disabled together for this long is a fault.
        static let disagreement: Duration = .seconds(10)
        /// Refusals in a row to be set up, enabled, or give a note back.
        static let attemptsMax = 10
        /// The newest version whose events the driver knows, down to the oldest that units speak.
        /// Source: GA138, HOST PROTOCOL VERSION.
        static let versions: [UInt8] = [8, 7, 6, 5, 4]
    }
}

extension SSPEvent {
    /// Money that must be written down before anything else is sent.
    var isCredit: Bool {
        switch self {
        case .credit, .clearedToCassette: true
        case .reset, .reading, .read, .stacking, .stacked, .rejecting, .rejected, .disabled,
            .allInhibited, .clearedToFront, .unsafeJam, .safeJam, .fraud, .cassetteFull,
            .cassetteRemoved, .cassetteReplaced, .pathOpen, .initializing, .unknown:
            false
        }
    }
}
