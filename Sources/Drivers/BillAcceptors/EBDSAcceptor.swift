public import DeviceKit
public import KioskModel

/// Host side of EBDS (MEI, CPI, Pyramid): one unit, polled for as long as `run` lives.
///
/// The toggle bit turns, which lets the unit forget what it said, only after *stacked* was made durable; until then every
/// message asks for the same answer again. Source: decapod-atm/ebds; PyramidTechnologies/PTI.Rs232Validator; MEI M/POST.
public actor EBDSAcceptor: BillAcceptor, PolledAcceptor {
    let profile: BillAcceptorProfile
    let timekeeper: any Timekeeper
    var wire: EBDSWire
    /// The notes to be taken, as last asked for; applied whenever the unit is at rest.
    var wanted: Set<Money> = []
    /// Counts `accept` requests, so that each is answered by a `ready`.
    var wantedNumber = 0
    /// What to do with the note held now, asked for and not yet sent.
    var decision: Decision?
    /// What every poll lets in; changed only while the unit is at rest, kept over a lost link.
    var denominations: UInt8 = 0
    /// What the last status said that was dealt with: a bit that is still set is the same event.
    var heard = Heard()
    /// The unit has restarted, and where it found a note is not clear yet.
    var isStarting = false
    /// Set while a state did not end within its limit: the next connection waits for another state before it says hello.
    var stuckIn: EBDSStatus.Motion?
    var told = Told()
    /// What is known only as long as the link is open.
    var connection = Connection()
    /// An answer to the message before `accepted` may still be on its way.
    private var late: (toggle: Bool, accepted: Int, untilNs: Int64)?
    private var accepted = 0

    struct Heard {
        var stacked = false
        var returned = false
        var rejected = false
    }

    struct Connection {
        /// The last status, and since when its motion lasts.
        var status: EBDSStatus?
        /// It moves otherwise than before.
        var isNew = true
        var since: Int64 = 0
        /// Polls in a row without a status.
        var missed = 0
        var greeted = false
        /// Identity and notes were read since the unit started.
        var known = false
        var table: NoteTable?
        /// The unit was told when to give a note back. Lost at each start of the unit.
        var ready = false
        /// Unanswered tries to read the unit or to set it up.
        var attempts = 0
        /// How many bytes of inhibits it takes; 0: none.
        var inhibitBytes = EBDSAcceptor.Limits.inhibitBytes
        /// Until when silence is no fault.
        var silentUntil: Int64?
        var lastReset: Int64?
        var wrong: String?
        /// What the unit was last told to take; nil when that is not known.
        var enabled: Set<Money>?
        var held: Held?
        /// A note in escrow of which nothing was said yet.
        var unnamedSince: Int64?
        /// The last motion was towards the cassette.
        var movedToCassette = false
        /// The cassette was out, and no note was taken since: a blank report of it is no note.
        var cassetteWasOut = false
        var reportedReady: Bool?
        var reportedNumber = 0

        /// The unit started: it may be another one, and has forgotten its inhibits.
        mutating func forgetUnit() {
            (known, table, ready, attempts, wrong, enabled) = (false, nil, false, 0, nil, nil)
            (held, unnamedSince, reportedReady) = (nil, nil, nil)
            inhibitBytes = EBDSAcceptor.Limits.inhibitBytes
        }
    }

    /// The note in escrow.
    struct Held {
        /// Nil for a note that is worth nothing here: it goes back, and nobody hears of it but as a refusal.
        let value: Money?
        let since: Int64
        /// When STACK or RETURN was sent.
        var sentAt: Int64?
    }

    public init(profile: BillAcceptorProfile, link: any ByteLink, timekeeper: any Timekeeper) {
        (self.profile, self.timekeeper) = (profile, timekeeper)
        wire = EBDSWire(link: link, replyTimeout: profile.polling.replyTimeout)
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
        guard let held = connection.held, held.sentAt == nil, held.value != nil else { return }
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
        try await take(open(), report)
        while true {
            try await wait(profile.polling.interval)
            try await turn(report)
        }
    }

    func leave(_ ending: Ending) async {
        guard let status = connection.status, !status.hasEvent else { return }
        switch ending {
        case .lost: break
        case .unrecorded:
            if status.isEscrowed, connection.held?.sentAt == nil { await lastWord(.giveBack) }
            if status.isAtRest { await lastWord(.keep) }
        case .cancelled:
            // A held note stays: whoever starts next goes on with it, else the unit gives it back.
            if status.isAtRest { await lastWord(.keep) }
        }
    }

    /// No more notes. Nobody waits for an answer: the task may be cancelled.
    private func lastWord(_ heldNote: EBDSWish.HeldNote) async {
        denominations = 0
        let wish = EBDSWish(heldNote: heldNote, extendedNotes: !has(.indexedNotes))
        try? await wire.write(.poll(wish))
        accept()
    }

    /// One transaction. An answer that came too late for its own message must not be read as the answer to another one
    /// with the same bit.
    func exchange(_ command: EBDSCommand) async throws(Ending) -> EBDSReply {
        if let late, late.toggle == wire.toggle, late.accepted != accepted, now < late.untilNs {
            try await wait(.nanoseconds(late.untilNs - now))
        }
        do {
            var reply = try await wire.exchange(command)
            if reply == .stale {
                accept()
                reply = try await wire.exchange(command)
            }
            if reply == .nothing {
                late = (wire.toggle, accepted, now + nanoseconds(Limits.lateAnswers))
            }
            return reply
        } catch { throw .lost(error) }
    }

    /// What the last answer said is dealt with.
    func accept() {
        wire.accept()
        accepted += 1
    }

    func has(_ quirk: EBDSQuirk) -> Bool { profile.head.has(quirk.rawValue) }

    func nanoseconds(_ duration: Duration) -> Int64 {
        let parts = duration.components
        return parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000
    }

    enum Limits {
        /// Nobody decided: the note goes back.
        static let decision: Duration = .seconds(30)
        /// The unit gives a note back by itself after this, so that a dead host keeps nobody's note. Longer than we hold it.
        static let escrowSeconds: UInt8 = 45
        /// In escrow, and not a word of what it is.
        static let unnamed: Duration = .seconds(1)
        /// An answer that is not here by then never comes.
        static let lateAnswers: Duration = .seconds(1)
        /// Tries to read the unit, or to set it up.
        static let attemptsMax = 10
        /// A question that is not answered so often is not answered at all.
        static let questionsMax = 3
        /// Out of service without a reason after power-up: by then it is more than a moment of its start.
        static let settling: Duration = .seconds(5)
        static let recoverEvery: Duration = .seconds(60)
        /// Source: EBDS soft reset: the unit answers again after 5 to 8 s, and whatever it says before is ignored.
        static let pauseAfterReset: Duration = .seconds(5)
        /// Inhibits of 50 notes (Cashflow SC), and of 128 (SC Advance, SCR). Source: decapod-atm/ebds.
        static let inhibitBytes = 8
        static let inhibitBytesMax = 19
        static let notesMax: UInt8 = 127
    }
}
