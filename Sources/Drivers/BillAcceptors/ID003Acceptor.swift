public import DeviceKit
public import KioskModel

/// Host side of JCM's ID-003: one unit, polled for as long as `run` lives.
///
/// Source: behaviour of public hosts, first of them `Portalum/Portalum.Id003` (MIT); the vendor's specification is not public.
/// VEND VALID is the credit point, says no value, and comes until it is acknowledged. So the driver remembers what *escrow*
/// said, also over a lost link, and acknowledges only after the credit is durable.
public actor ID003Acceptor: BillAcceptor, PolledAcceptor {
    let profile: BillAcceptorProfile
    let timekeeper: any Timekeeper
    var wire: ID003Wire
    /// The notes to be taken, as last asked for; applied whenever the unit is at rest.
    var wanted: Set<Money> = []
    /// Counts `accept` requests, so that each is answered by a `ready`.
    var wantedNumber = 0
    /// What to do with the note held now, asked for and not yet sent.
    var decision: Decision?
    /// The unit's table, kept over a lost link: a note may be in escrow before it can be asked for again.
    var table: NoteTable?
    /// The note that was in escrow and has not ended, kept over a lost link.
    var held: Held?
    /// The last VEND VALID was reported, and the unit has not been at rest since: another one means the same note.
    var isCredited = false
    /// What the unit last said to VERSION.
    var lastVersion: [UInt8]?
    /// Set while a state did not end within its limit: the next connection waits for another state before it says hello.
    var stuckIn: ID003Status?
    /// Since when no link that was opened had a unit at its end, and when one was last called back to life.
    var silentSince: Int64?
    var lastRevival: Int64?
    var told = Told()
    /// What is known only as long as the link is open.
    var connection = Connection()

    struct Connection {
        /// The last status, and since when.
        var status: ID003Status?
        /// It is another than the one before.
        var isNew = true
        var since: Int64 = 0
        /// Polls in a row without a status.
        var missed = 0
        var greeted = false
        /// The answer to VERSION.
        var version: [UInt8]?
        var identity: DeviceIdentity?
        /// Version and table were read since the unit started.
        var known = false
        /// The unit has its settings, so it may be enabled. Lost at each start of the unit.
        var ready = false
        /// Unanswered tries to read the unit or to set it up.
        var attempts = 0
        /// Until when silence and *initializing* are no fault.
        var initializingUntil: Int64?
        /// RESETs since the unit was last at rest.
        var resets = 0
        var lastReset: Int64?
        var wrong: String?
        /// VEND VALID came for a note that was never seen in escrow; until the unit is at rest.
        var hasUnknownNote = false
        /// What the unit was last told to take; nil when that is not known.
        var enabled: Set<Money>?
        var enabledAt: Int64 = 0
        var disagreesSince: Int64?
        var reportedReady: Bool?
        var reportedNumber = 0

        /// The unit started: it may be another one.
        mutating func forgetUnit() {
            (version, identity, known, attempts) = (nil, nil, false, 0)
            (wrong, lastReset) = (nil, nil)
        }

        /// The unit has forgotten its settings.
        mutating func forgetSetup() { (ready, enabled, disagreesSince) = (false, nil, nil) }
    }

    /// A note that was in escrow.
    struct Held {
        let type: UInt8
        /// Nil for a type without a value: it goes back, and nobody hears of it but as a refusal.
        let value: Money?
        let since: Int64
        var lastHold: Int64
        /// When STACK or RETURN was sent and not refused.
        var sentAt: Int64?
        /// STACK was sent, and perhaps taken.
        var mayStack = false
        /// The unit said that it rejects or returns it.
        var isLeaving = false
        /// Something was in its way: where it went, nobody knows.
        var isUnclear = false
        /// VEND VALID came and could not be made durable: the credit is due.
        var isDue = false
        /// The link was lost since: what is now in escrow is told anew.
        var isOld = false
    }

    public init(profile: BillAcceptorProfile, link: any ByteLink, timekeeper: any Timekeeper) {
        (self.profile, self.timekeeper) = (profile, timekeeper)
        wire = ID003Wire(link: link, replyTimeout: profile.polling.replyTimeout)
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
        guard let held, !held.isOld, held.sentAt == nil else { return }
        self.decision = decision
    }

    public func run(report: @escaping AcceptorReport) async { await keepServing(report) }

    var link: any ByteLink { wire.link }

    var isKnown: Bool { connection.known }

    func begin() {
        connection = Connection()
        decision = nil
        held?.isOld = true
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
            case .escrow where held?.sentAt == nil, .holding where held?.sentAt == nil:
                await lastWord(.returnNote)
            case .idling: await lastWord(.inhibit(true))
            default: break
            }
        case .cancelled:
            // A held note stays: whoever starts next within its 3 s goes on with it, else the unit gives it back.
            if connection.status == .idling { await lastWord(.inhibit(true)) }
        }
    }

    /// Nobody waits for an answer: the task may be cancelled, and the unit gives an unattended note back by itself.
    private func lastWord(_ command: ID003Command) async {
        try? await wire.link.write(command.frame.bytes)
    }

    func exchange(_ command: ID003Command) async throws(Ending) -> ID003Reply {
        do { return try await wire.exchange(command) } catch { throw .lost(error) }
    }

    func has(_ quirk: ID003Quirk) -> Bool { profile.head.has(quirk.rawValue) }

    enum Limits {
        /// Source: seen in captures: an undecided note goes back after 10 s, an unattended one after 3 s.
        static let hold: Duration = .seconds(4)
        /// Nobody decided: the note goes back.
        static let decision: Duration = .seconds(30)
        /// A command that was taken, but shows no effect, is repeated after this.
        static let repetition: Duration = .seconds(1)
        /// Enabled and disabled together for this long is a fault.
        static let disagreement: Duration = .seconds(10)
        /// VEND VALID in spite of our acknowledgements for this long: RESET.
        static let acknowledged: Duration = .seconds(30)
        /// Source: seen in captures: a unit whose VEND VALID nobody acknowledged for a minute is silent until RESET.
        static let silence: Duration = .seconds(60)
        /// Bytes of an unknown speaker that a fault quotes.
        static let strange = 16
        /// RESETs in a row that lead to no state of rest.
        static let resetsMax = 3
        /// Tries to read the unit, or to set it up.
        static let attemptsMax = 10
        /// A unit that does not tell its table at power-up is reset all the same, and asked again when it is ready.
        static let attemptsBeforeReset = 3
        /// A unit may still say *power-up* for so long after RESET.
        static let resetTakes: Duration = .seconds(3)
        static let recoverEvery: Duration = .seconds(60)
    }
}
