internal import KioskModel
internal import VirtualWorld

/// A note in the customer's hand on its way into the machine.
struct NoteOffer {
    let note: Money
    /// What the kiosk must show when it is counted.
    let totalFen: Int64
    /// Notes that had come back before.
    let returnedBefore: Int
    /// How often it came back.
    var tries = 1
}

/// What a person does at each screen.
extension Customer {
    /// A note that comes back is tried so often.
    private static let triesMax = 3
    /// Until a note must be counted, given back or called doubtful.
    private static let noteMax = Duration.seconds(45)
    /// How long a person looks at an outcome that still changes: queued, a receipt on its way.
    private static let lookMax = Duration.seconds(6)

    /// True when the visit is over.
    func act(on shown: ScreenFeed.Shown) async throws -> Bool {
        switch shown.name {
        case "attract": return try await arrive(shown)
        case "language": try await tap(options.language, on: shown)
        case "service": return try await chooseService(shown)
        case "number", "claimNumber":
            if try await quits(shown) { break }
            try await type(plan.number, into: "number", on: shown)
        case "confirmNumber":
            if try await quits(shown) { break }
            try await confirm(shown)
        case "account":
            if try await quits(shown) { break }
            try await readAccount(shown)
        case "insertNotes":
            if try await quits(shown) { break }
            try await insert(shown)
        case "outcome": try await readOutcome(shown)
        case "rating": try await tap("5", on: shown)
        case "goodbye":
            if shown.offers("done") { try await tap("done", on: shown) }
            return try end()
        case "needMoreTime": try await tap("more", on: shown)
        case "claimSlip":
            guard case .claim(let slip) = plan.goal else { break }
            try await type(slip, into: "slip", on: shown)
        case "claimAnswer": return try await readClaim(shown)
        case "finishing", "outOfService": break
        default: throw Complaint(description: "customer: never seen a screen `\(shown.name)`")
        }
        return false
    }

    /// The free screen: the visit begins, or it is over.
    private func arrive(_ shown: ScreenFeed.Shown) async throws -> Bool {
        if sawOutcome || result.cancelled { return try end() }
        if let offer, try !isBack(offer) { return false }
        guard insertedFen == 0 else {
            throw Complaint(
                description: "customer: \(Money(fen: insertedFen)) went in, "
                    + "and the kiosk shows its first screen without a word about it")
        }
        try await tap("start", on: shown)
        return false
    }

    private func end() throws -> Bool {
        guard case .topUp = plan.goal, !result.cancelled, grievance == nil else { return true }
        guard sawOutcome, result.amountFen == insertedFen else {
            throw Complaint(
                description: "customer: \(Money(fen: insertedFen)) went in, the kiosk said "
                    + (result.amountFen.map { Money(fen: $0).description } ?? "nothing"))
        }
        return true
    }

    private func chooseService(_ shown: ScreenFeed.Shown) async throws -> Bool {
        let wanted: String
        switch plan.goal {
        case .claim: wanted = "claim"
        case .topUp(_, let cancelAt): wanted = cancelAt == "service" ? "quit" : "topUp"
        }
        if wanted == "quit" { result.cancelled = true }
        // Not offered just now, as long as the acceptor starts: a person waits a little.
        if shown.offers(wanted) { try await tap(wanted, on: shown) }
        return false
    }

    /// True when the plan is to leave here.
    private func quits(_ shown: ScreenFeed.Shown) async throws -> Bool {
        guard case .topUp(_, let cancelAt) = plan.goal, cancelAt == shown.name else { return false }
        guard shown.offers("quit") else {
            throw Complaint(description: "customer: \(shown.name) does not let me leave")
        }
        result.cancelled = true
        try await tap("quit", on: shown)
        return true
    }

    private func confirm(_ shown: ScreenFeed.Shown) async throws {
        let digits = shown.facts.map { $0.value.filter { $0 != " " } }
        guard digits.contains(plan.number) else {
            throw Complaint(
                description: "customer: the kiosk says back another number than I typed")
        }
        try await tap("confirm", on: shown)
    }

    private func readAccount(_ shown: ScreenFeed.Shown) async throws {
        if shown.offers("continue") { return try await tap("continue", on: shown) }
        guard !shown.bodyKeys.contains("account.body.notFound") else {
            throw Complaint(description: "customer: the kiosk does not know this number")
        }
    }

    // Notes

    private func insert(_ shown: ScreenFeed.Shown) async throws {
        let totalFen = shown.amountFen ?? 0
        if let offer { return try follow(offer, totalFen: totalFen, shown) }
        guard grievance == nil, !notesLeft.isEmpty else {
            if shown.offers("finish") { try await tap("finish", on: shown) }
            return
        }
        guard
            shown.json["denominations"]?.items.contains(where: { $0.integer == notesLeft[0].fen })
                == true
        else { return }
        let note = notesLeft.removeFirst()
        offer = NoteOffer(
            note: note, totalFen: totalFen + note.fen, returnedBefore: try returnedCount())
        try push(note)
    }

    /// Watches the note in the machine: counted, given back, or gone.
    private func follow(_ offer: NoteOffer, totalFen: Int64, _ shown: ScreenFeed.Shown) throws {
        if totalFen >= offer.totalFen {
            insertedFen += offer.note.fen
            self.offer = nil
            return move(to: shown.name)
        }
        let returned = try returnedCount()
        if returned > offer.returnedBefore {
            guard offer.tries < Self.triesMax else {
                self.offer = nil
                return grieve("a note of \(offer.note) came back \(offer.tries) times")
            }
            self.offer = NoteOffer(
                note: offer.note, totalFen: totalFen + offer.note.fen, returnedBefore: returned,
                tries: offer.tries + 1)
            return try push(offer.note)
        }
        if shown.facts.contains(where: { $0.label == "fact.doubtful" }) {
            self.offer = nil
            grieve("the kiosk does not know where my note of \(offer.note) is")
        } else if waited > Self.noteMax {
            // The note may still wait at the slot: a person takes it and leaves.
            self.offer = nil
            _ = try? options.state.say("notes back", to: .validator)
            grieve(
                "my note of \(offer.note) was not counted within \(Self.noteMax.components.seconds) s"
            )
        }
    }

    /// The visit ended under the note: it is in the hand again, or the machine still has it and a person waits for it.
    private func isBack(_ offer: NoteOffer) throws -> Bool {
        let truth = try truth()
        if !truth.atSlot.isEmpty {
            try options.state.say("notes back", to: .validator)
        } else if truth.returned.values.reduce(0, +) <= offer.returnedBefore {
            return false
        }
        notesLeft.insert(offer.note, at: 0)
        self.offer = nil
        return true
    }

    private func push(_ note: Money) throws {
        try options.state.say("notes \(note.fen / 100)", to: .validator)
    }

    private func returnedCount() throws -> Int {
        try truth().returned.values.reduce(0, +)
    }

    private func truth() throws -> ValidatorTruth {
        let text = try options.state.say("truth", to: .validator)
        guard let truth = ValidatorTruth(json: text) else {
            throw Complaint(description: "customer: the validator answered `\(text.prefix(80))`")
        }
        return truth
    }

    private func grieve(_ what: String) {
        if grievance == nil { grievance = what }
    }

    // Ends

    private func readOutcome(_ shown: ScreenFeed.Shown) async throws {
        sawOutcome = true
        result.amountFen = shown.amountFen
        result.state = state(shown) ?? result.state
        result.slip = slip(shown) ?? result.slip
        if shown.facts.contains(where: { $0.label == "fact.doubtful" }) {
            grieve("a part of my money is being checked; slip \(result.slip ?? "none")")
        }
        let changes =
            result.state == nil || ["queued", "checking"].contains(result.state)
            || shown.bodyKeys.contains("outcome.body.receipt.printing")
        guard !changes || waited > Self.lookMax else { return }
        try await tap("done", on: shown)
    }

    private func readClaim(_ shown: ScreenFeed.Shown) async throws -> Bool {
        guard case .claim = plan.goal else { return false }
        if shown.bodyKeys.contains("claimAnswer.body.asking") { return false }
        result.amountFen = shown.amountFen
        result.slip = slip(shown)
        result.state = state(shown)
        try await tap("done", on: shown)
        guard result.state != nil else {
            throw Complaint(
                description: "customer: no answer about the slip: "
                    + shown.bodyKeys.joined(separator: ", "))
        }
        return true
    }

    private func state(_ shown: ScreenFeed.Shown) -> String? {
        shown.bodyKeys.first { $0.hasPrefix("state.") }.map { String($0.dropFirst(6)) }
    }

    /// The fact with twelve digits.
    private func slip(_ shown: ScreenFeed.Shown) -> String? {
        shown.facts.first { fact in
            let digits = fact.value.filter { $0 != " " }
            return digits.count == 12 && digits.allSatisfy(\.isNumber)
        }?.value
    }
}
