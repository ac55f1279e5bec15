internal import KioskModel

/// What the customer touches.
extension Visit {
    mutating func react(to input: Input, in step: inout Step) {
        switch input {
        case .choice(let id):
            if let choice = ChoiceName(rawValue: id) { chosen(choice, in: &step) }
        case .fields(let fields):
            guard let field = fields.first, field.key != Visit.typingField else { return }
            typed(field.value, in: &step)
        }
    }

    /// A choice means the same on every screen that offers it; `accepts` has seen to it that this one does.
    private mutating func chosen(_ choice: ChoiceName, in step: inout Step) {
        switch choice {
        case .start: place = settings.languages.count > 1 ? .language : .service
        case .chinese: speak(.chinese)
        case .english: speak(.english)
        case .topUp: startSession(in: &step)
        case .claim: place = .claimSlip(complaint: nil)
        case .quit: leave(.cancelled, in: &step)
        case .confirm: confirm(in: &step)
        case .change: place = .number(complaint: nil)
        case .goOn: goOn()
        case .finish: finish(in: &step)
        case .done: done(in: &step)
        case .copy: issueReceipt(copy: customer.copies + 1, in: &step)
        case .more: isAsking = false
        case .end: timeIsUp(.cancelled, in: &step)
        case .oneStar: rate(1, in: &step)
        case .twoStars: rate(2, in: &step)
        case .threeStars: rate(3, in: &step)
        case .fourStars: rate(4, in: &step)
        case .fiveStars: rate(5, in: &step)
        case .skip: place = .goodbye
        }
    }

    private mutating func speak(_ language: Language) {
        customer = Customer(language)
        place = .service
    }

    /// The order's id is born here and lasts for its whole life.
    private mutating func startSession(in step: inout Step) {
        let session = SessionID(books.lastSession.number + 1)
        let order = OrderID(kiosk: settings.kiosk, epoch: settings.epoch, session: session)
        record(.sessionStarted(session: session, order: order), in: &step)
        place = .number(complaint: nil)
    }

    private mutating func confirm(in step: inout Step) {
        guard case .confirmNumber(let phone) = place, let session = books.session else { return }
        record(.numberChosen(session: session.id, phone: phone), in: &step)
        customer.arrears = nil
        place = .account(phone, nil)
        if let ask = accountQuestion.want(phone) { step.actions.append(.askAccount(ask)) }
    }

    mutating func react(to answer: AccountAnswer, in step: inout Step) {
        switch accountQuestion.arrive() {
        case .stale: break
        case .askNext(let phone): step.actions.append(.askAccount(phone))
        case .wanted:
            guard case .account(let phone, nil) = place else { return }
            place = .account(phone, answer)
        }
    }

    private mutating func goOn() {
        if case .account(_, .found(_, let balance)) = place, balance < .zero {
            customer.arrears = -balance
        }
        place = .insertNotes
    }

    private mutating func done(in step: inout Step) {
        switch place {
        case .outcome: place = books.session?.state == nil ? .goodbye : .rating
        case .goodbye:
            // A hurried customer does not lose the paper that is coming out.
            if books.receipts.isEmpty {
                endVisit(.failed, in: &step)
            } else {
                customer.isLeaving = true
            }
        case .claimAnswer: endVisit(.failed, in: &step)
        case .attract, .language, .service, .number, .confirmNumber, .account, .insertNotes,
            .finishing, .rating, .claimSlip, .claimNumber:
            break
        }
    }

    private mutating func rate(_ stars: Int, in step: inout Step) {
        guard let session = books.session else { return }
        record(.rated(session: session.id, stars: stars), in: &step)
        place = .goodbye
    }

    private mutating func typed(_ text: String, in step: inout Step) {
        switch place {
        case .number:
            switch read(text) {
            case .success(let phone): place = .confirmNumber(phone)
            case .failure(let refusal): place = .number(complaint: complaint(refusal))
            }
        case .claimSlip:
            place =
                SlipNumber(typed: text).map { .claimNumber($0, complaint: nil) }
                ?? .claimSlip(complaint: Screen.Message("complaint.wrongSlip"))
        case .claimNumber(let slip, _):
            switch read(text) {
            case .success(let phone): ask(ClaimSubject(slip: slip, phone: phone), in: &step)
            case .failure(let refusal):
                place = .claimNumber(slip, complaint: complaint(refusal))
            }
        case .attract, .language, .service, .confirmNumber, .account, .insertNotes, .finishing,
            .outcome, .rating, .goodbye, .claimAnswer:
            break
        }
    }

    private func read(_ text: String) -> Result<PhoneNumber, PhoneGrammar.Refusal> {
        do { return .success(try settings.grammar.read(text)) } catch { return .failure(error) }
    }

    private func complaint(_ refusal: PhoneGrammar.Refusal) -> Screen.Message {
        Screen.Message(
            "complaint.\(refusal.rawValue)", ["digits": "\(settings.grammar.length)"])
    }

    private mutating func ask(_ subject: ClaimSubject, in step: inout Step) {
        place = .claimAnswer(subject.slip, nil)
        if let ask = claimQuestion.want(subject) {
            step.actions.append(.askClaim(ask.slip, ask.phone))
        }
    }

    mutating func react(to answer: ClaimAnswer, in step: inout Step) {
        switch claimQuestion.arrive() {
        case .stale: break
        case .askNext(let next): step.actions.append(.askClaim(next.slip, next.phone))
        case .wanted:
            guard case .claimAnswer(let slip, nil) = place else { return }
            place = .claimAnswer(slip, answer)
        }
    }
}
