public import DeviceKit
public import KioskModel

/// Host side of CCNET: one unit, polled for as long as `run` lives.
///
/// Source: CashCode CCNET Common Specifications 2.6.0. One rule stands above the document: the answer *stacked* is
/// acknowledged only after the credit is durable, so a power cut in between makes the unit say it again.
public actor CCNETAcceptor: BillAcceptor, PolledAcceptor {
    let profile: BillAcceptorProfile
    let timekeeper: any Timekeeper
    var wire: CCNETWire
    /// The notes to be taken, as last asked for; applied whenever the unit is at rest.
    var wanted: Set<Money> = []
    /// Counts `accept` requests, so that each is answered by a `ready`.
    var wantedNumber = 0
    /// What to do with the note held now, asked for and not yet sent.
    var decision: Decision?
    /// The unit's table, kept over a lost link: a note may be reported before the table can be asked for again.
    var table: NoteTable?
    /// The last note end that was reported and has been followed by no other status: saying it again is the same note.
    var settledNote: CCNETStatus?
    /// Set while a state did not end within its limit: the next connection waits for another state before it says hello.
    var stuckIn: CCNETStatus?
    var told = Told()
    /// What is known only as long as the link is open.
    var connection = Connection()

    struct Connection {
        /// The last status, and since when.
        var status: CCNETStatus?
        /// It is another than the one before.
        var isNew = true
        var since: Int64 = 0
        /// POLLs in a row without a status.
        var missed = 0
        var greeted = false
        var identity: DeviceIdentity?
        /// 37 and 41 were answered since the unit started.
        var known = false
        /// The unit is told of its security level, so it may be enabled. Lost at each start of the unit.
        var ready = false
        /// Unanswered tries to read 37 and 41 or to set the unit up.
        var attempts = 0
        /// Until when silence and *initializing* are no fault.
        var initializingUntil: Int64?
        /// RESETs since the unit was last at rest.
        var resets = 0
        var lastReset: Int64?
        var wrong: String?
        /// What the unit was last told to take; nil when that is not known.
        var enabled: Set<Money>?
        var enabledAt: Int64 = 0
        var disagreesSince: Int64?
        var held: Held?
        var reportedReady: Bool?
        var reportedNumber = 0
        /// When the line last fell silent.
        var lastExchange: Int64?

        /// The unit started: it may be another one.
        mutating func forgetUnit() {
            (identity, known, attempts, wrong, lastReset) = (nil, false, 0, nil, nil)
        }

        /// The unit has forgotten its inhibits.
        mutating func forgetSetup() { (ready, enabled, disagreesSince) = (false, nil, nil) }
    }

    /// The note in escrow.
    struct Held {
        let type: UInt8
        /// Nil for a type without a value: it goes back, and nobody hears of it but as a refusal.
        let value: Money?
        let since: Int64
        var lastHold: Int64
        /// When STACK or RETURN was sent.
        var sentAt: Int64?
        /// The unit said that it rejects it.
        var rejected = false
    }

    public init(profile: BillAcceptorProfile, link: any ByteLink, timekeeper: any Timekeeper) {
        (self.profile, self.timekeeper) = (profile, timekeeper)
        wire = CCNETWire(link: link, replyTimeout: profile.polling.replyTimeout)
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
        guard let held = connection.held, held.sentAt == nil else { return }
        self.decision = decision
    }

    public func run(report: @escaping AcceptorReport) async { await keepServing(report) }

    var link: any ByteLink { wire.link }

    var isKnown: Bool { connection.known }

    func begin() {
        connection = Connection()
        decision = nil
    }

    func serve(_ report: @escaping AcceptorReport) async throws(Ending) {
        try await greet()
        while true {
            try await turn(report)
            try await wait(profile.polling.interval)
        }
    }

    func leave(_ ending: Ending) async {
        switch ending {
        case .lost: break
        case .unrecorded:
            switch connection.status {
            case .escrow where connection.held?.sentAt == nil,
                .holding where connection.held?.sentAt == nil:
                await lastWord(.returnNote)
            case .idling: await lastWord(.enable(types: []))
            default: break
            }
        case .cancelled:
            // A held note stays: whoever starts next within its 10 s goes on with it, else the unit gives it back.
            if connection.status == .idling { await lastWord(.enable(types: [])) }
        }
    }

    /// Nobody waits for an answer: the task may be cancelled, and the unit gives an unattended note back by itself.
    private func lastWord(_ command: CCNETCommand) async {
        try? await wire.link.write(command.frame.bytes)
    }

    /// One transaction, after the silence that the bus needs.
    func exchange(_ command: CCNETCommand) async throws(Ending) -> CCNETReply {
        if let last = connection.lastExchange, elapsed(since: last) < Limits.busSilence {
            try await wait(Limits.busSilence - elapsed(since: last))
        }
        do {
            let reply = try await wire.exchange(command)
            connection.lastExchange = now
            return reply
        } catch { throw .lost(error) }
    }

    func acknowledge() async throws(Ending) {
        do { try await wire.acknowledge() } catch { throw .lost(error) }
        connection.lastExchange = now
    }

    enum Limits {
        /// Source: CCNET: at least 10 ms of silence after ACK and NAK; twice that, for a bridge in between.
        static let busSilence: Duration = .milliseconds(20)
        /// Source: CCNET: HOLD keeps the note for 10 s.
        static let hold: Duration = .seconds(5)
        /// Nobody decided: the note goes back.
        static let decision: Duration = .seconds(30)
        /// A command that was taken, but shows no effect, is repeated after this.
        static let repetition: Duration = .seconds(1)
        /// Enabled and disabled together for this long is a fault.
        static let disagreement: Duration = .seconds(10)
        /// RESETs in a row that lead to no state of rest.
        static let resetsMax = 3
        /// Tries to read 37 and 41, or to set the unit up.
        static let attemptsMax = 10
        /// A unit that does not tell them at power-up is reset all the same, and asked again when it is ready.
        static let attemptsBeforeReset = 3
        /// A unit may still say *power-up* for so long after RESET.
        static let resetTakes: Duration = .seconds(3)
        static let recoverEvery: Duration = .seconds(60)
        static let pauseAfterReset: Duration = .seconds(2)
    }
}
