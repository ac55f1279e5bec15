internal import KioskModel

/// Which timers run. A wait starts anew when somebody stirs, and is stopped when nothing waits any more.
struct RunningWaits: Sendable, Hashable {
    /// A wait of the screen that is shown. Only one runs at a time.
    struct Wait: Sendable, Hashable {
        let timer: Timer
        var withNotes = false
    }

    private var current: Wait?
    private var note: NoteID?
    private var hasStirred = false
    private var noteHasStirred = false

    /// Somebody is there, or the screen has changed: its wait starts anew.
    mutating func stir() { hasStirred = true }

    /// The unit showed a sign of life or of death: what it says of the note is waited for anew.
    mutating func stirNote() { noteHasStirred = true }

    /// Takes note that a timer fired. False: it is not running, and means nothing.
    mutating func ended(_ timer: Timer) -> Bool {
        if timer == .noteSettlement {
            defer { note = nil }
            return note != nil
        }
        guard current?.timer == timer else { return false }
        current = nil
        return true
    }

    /// What to start and stop so that exactly `wait` runs, and the note's own wait while a note is open.
    mutating func change(to wait: Wait?, note open: NoteID?, in settings: VisitSettings) -> [Action]
    {
        var actions: [Action] = []
        if let old = current, old.timer != wait?.timer { actions.append(.stopTimer(old.timer)) }
        if let wait, hasStirred || current != wait {
            let length = settings.duration(of: wait.timer, withNotes: wait.withNotes)
            actions.append(.startTimer(wait.timer, length))
        }
        if let open, noteHasStirred || note != open {
            actions.append(.startTimer(.noteSettlement, settings.waits.noteSettlement))
        }
        if open == nil, note != nil { actions.append(.stopTimer(.noteSettlement)) }
        (current, note, hasStirred, noteHasStirred) = (wait, open, false, false)
        return actions
    }
}

extension Visit {
    /// What the screen waits for now.
    var wait: RunningWaits.Wait? {
        if isAsking { return .init(timer: .moreTime, withNotes: isInsertingMoney) }
        switch place {
        case .attract: return nil
        case .language, .service, .number, .confirmNumber, .account, .rating, .claimSlip,
            .claimNumber:
            return .init(timer: .idle)
        case .insertNotes:
            // A moving note has its own wait; nobody is asked to hurry meanwhile.
            return isStacking ? nil : .init(timer: .idle, withNotes: isInsertingMoney)
        case .finishing:
            return books.session?.state == nil ? nil : .init(timer: .settlement)
        case .outcome, .goodbye, .claimAnswer: return .init(timer: .linger)
        }
    }

    private var isInsertingMoney: Bool { place == .insertNotes && hasMoney }

    mutating func react(to timer: Timer, in step: inout Step) {
        switch timer {
        case .idle: isAsking = true
        case .moreTime: timeIsUp(.abandoned, in: &step)
        case .noteSettlement: noteUnanswered(in: &step)
        case .settlement: showOutcome(in: &step)
        case .linger:
            if place == .goodbye { endVisit(.failed, in: &step) } else { isAsking = true }
        }
    }

    /// The question was not answered, or answered *end*.
    mutating func timeIsUp(_ outcome: SessionOutcome, in step: inout Step) {
        isAsking = false
        switch place {
        case .attract, .finishing, .goodbye: break
        case .number, .confirmNumber, .account, .insertNotes: leave(outcome, in: &step)
        case .language, .service, .outcome, .rating, .claimSlip, .claimNumber, .claimAnswer:
            endVisit(.failed, in: &step)
        }
    }
}
