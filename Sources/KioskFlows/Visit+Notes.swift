internal import KioskModel

/// A note's way: offered, then credited, returned or doubtful. Decided at once, on the kiosk's own word.
///
/// Source: the order of money.md I3 is the project's own; the unit's side is CCNET Common Specifications 2.6.0, chapter 3.
extension Visit {
    /// A note on its way into the box: until it is settled the visit neither commits nor ends.
    var isStacking: Bool { books.note?.intent == .stack }

    /// The notes that are let in now.
    ///
    /// A note must not lift the sum above the maximum, and must lift it to the minimum at least, so that a customer who stops
    /// after any note has paid no less than was announced. Where no single note reaches the minimum, all that fit are taken:
    /// what is in the box cannot be given back, so finishing is possible with any sum.
    var notesWanted: [Money] {
        guard place == .insertNotes, services.cash.isEmpty, let session = books.session,
            session.state == nil
        else { return [] }
        let moving = isStacking ? books.note?.value ?? .zero : .zero
        let total = session.total + moving
        let fitting = settings.denominations.filter { value in
            unitNotes?.contains(value) ?? true && total + value <= settings.maximum
        }
        let reaching = fitting.filter { total + $0 >= settings.minimum }
        return (reaching.isEmpty ? fitting : reaching).sorted()
    }

    mutating func react(to report: AcceptorEvent, in step: inout Step) {
        switch report {
        case .identified(_, let accepts): unitNotes = accepts
        case .connected(let position): connected(position, in: &step)
        case .accepting:
            newNote()
            nextNote(.noAnswer, in: &step)
        case .escrowed(let value):
            newNote()
            escrowed(value, in: &step)
        case .stacked(let value):
            stirAtSlot()
            stacked(value, in: &step)
        case .returned:
            newNote()
            returned(in: &step)
        case .refused(let reason):
            newNote()
            tell(.refused(reason))
        case .conditions(let conditions):
            guard conditions.contains(.cheated), isStacking, let note = books.note else { return }
            doubt(note, note.value, .cheated, in: &step)
        case .ready(let isWaiting):
            if isWaiting { mayRepeat = false }
        case .lost: waits.stirNote()
        }
    }

    /// Something is heard of a note that is not the last one kept.
    private mutating func newNote() {
        mayRepeat = false
        stirAtSlot()
    }

    /// The unit moves one note at a time: whatever was open has ended without a word. It is settled at once, because from
    /// now on the note that the unit finds in its path after a power cut is another.
    private mutating func nextNote(_ reason: DoubtReason, in step: inout Step) {
        guard let note = books.note else { return }
        switch note.intent {
        case .stack: doubt(note, note.value, reason, in: &step)
        case .giveBack, .none: returned(in: &step)
        }
    }

    /// Somebody is putting notes in, and need not say so.
    private mutating func stirAtSlot() {
        guard place == .insertNotes else { return }
        isAsking = false
        waits.stir()
    }

    /// Nobody but the customer who sees the slot's screen is told, and never the next one.
    private mutating func tell(_ story: NoteStory) {
        if place == .insertNotes { customer.noteStory = story }
    }

    /// The unit was asked before anything else where it has a note.
    private mutating func connected(_ position: NotePosition, in step: inout Step) {
        waits.stirNote()
        switch position {
        case .running, .inStacker:
            // What the unit holds it will report; until then the note stays open.
            mayRepeat = true
        case .inPath:
            mayRepeat = false
            returned(in: &step)
        case .clearAfterPowerUp:
            mayRepeat = false
            nextNote(.lostAtPowerUp, in: &step)
        }
    }

    private mutating func escrowed(_ value: Money, in step: inout Step) {
        guard value > .zero else {
            // A blank report cannot be booked: the unit gives it back, unless it means the note that is to be kept.
            if !isStacking { step.actions.append(.returnNote) }
            return
        }
        if let note = books.note, note.value == value {
            waits.stirNote()
            decideAgain(note, in: &step)
            return
        }
        // The unit holds one note: this one has replaced the other.
        nextNote(.otherValue, in: &step)
        decide(value, in: &step)
    }

    private mutating func decide(_ value: Money, in step: inout Step) {
        let objection = objection(to: value)
        let note = NoteID(books.lastNote.number + 1)
        record(.noteOffered(note: note, value: value, session: books.session?.id), in: &step)
        if let objection {
            record(.returnIntended(note: note, reason: objection), in: &step)
            step.actions.append(.returnNote)
            tell(.returned(objection))
        } else {
            record(.stackIntended(note: note), in: &step)
            step.actions.append(.stackNote)
            customer.noteStory = nil
        }
    }

    /// The unit says again what it holds. What was decided stays decided.
    private mutating func decideAgain(_ note: VisitBooks.Note, in step: inout Step) {
        switch note.intent {
        case .stack: step.actions.append(.stackNote)
        case .giveBack: step.actions.append(.returnNote)
        case .none:
            record(.returnIntended(note: note.id, reason: .acceptingStopped), in: &step)
            step.actions.append(.returnNote)
        }
    }

    private func objection(to value: Money) -> ReturnReason? {
        switch place {
        case .insertNotes: break
        case .finishing, .outcome, .rating, .goodbye: return .acceptingStopped
        case .attract, .language, .service, .number, .confirmNumber, .account, .claimSlip,
            .claimNumber, .claimAnswer:
            return .notAccepting
        }
        guard let session = books.session, session.state == nil else { return .notAccepting }
        if services.cash.contains(.journalTrouble) { return .journalTrouble }
        guard services.cash.isEmpty else { return .acceptingStopped }
        // First whether it is a note at all, then the sum: a unit may say any number.
        guard settings.denominations.contains(value) else { return .notAccepting }
        if session.total + value > settings.maximum { return .overMaximum }
        return notesWanted.contains(value) ? nil : .notAccepting
    }

    private mutating func stacked(_ value: Money, in step: inout Step) {
        guard let note = books.note else { return stackedUnoffered(value, in: &step) }
        let isOurs = books.session?.id == note.session && books.session?.state == nil
        switch note.intent {
        case .stack:
            guard value == note.value else {
                doubt(note, value > .zero ? value : note.value, .otherValue, in: &step)
                return
            }
            guard let session = note.session, isOurs else {
                doubt(note, value, .withoutOffer, in: &step)
                return
            }
            record(.noteCredited(note: note.id, value: value, session: session), in: &step)
            mayRepeat = true
            noteEnded(in: &step)
        case .giveBack, .none:
            // Nobody asked for it to be kept: where it is, a count must say.
            doubt(note, value > .zero ? value : note.value, .withoutOffer, in: &step)
        }
    }

    private mutating func stackedUnoffered(_ value: Money, in step: inout Step) {
        if mayRepeat, let kept = books.lastKept, kept.value == value {
            record(.repeatIgnored(note: kept.note), in: &step)
            return
        }
        guard value > .zero else { return }
        let note = NoteID(books.lastNote.number + 1)
        record(
            .noteDoubtful(
                note: note, value: value, session: books.session?.id, reason: .withoutOffer),
            in: &step)
        mayRepeat = true
    }

    /// The open note is with the customer again, whatever had been intended.
    private mutating func returned(in step: inout Step) {
        guard let note = books.note else { return }
        record(.noteReturned(note: note.id), in: &step)
        if note.intent == .stack { tell(.cameBack) }
        noteEnded(in: &step)
    }

    mutating func noteUnanswered(in step: inout Step) {
        guard let note = books.note else { return }
        doubt(note, note.value, .noAnswer, in: &step)
    }

    private mutating func doubt(
        _ note: VisitBooks.Note, _ value: Money, _ reason: DoubtReason, in step: inout Step
    ) {
        record(
            .noteDoubtful(note: note.id, value: value, session: note.session, reason: reason),
            in: &step)
        mayRepeat = true
        noteEnded(in: &step)
    }

    /// What had waited for the note goes on.
    private mutating func noteEnded(in step: inout Step) {
        stirAtSlot()
        if place == .finishing, books.session?.state == nil { finish(in: &step) }
        leaveIfHindered(in: &step)
    }
}
