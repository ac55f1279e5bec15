internal import KioskModel

/// From the last note to the free screen: commit, outcome, receipts, the session's end.
extension Visit {
    /// The session holds money of the customer, or may hold it.
    var hasMoney: Bool { books.session?.hasMoney ?? false }

    /// The customer can still walk away with everything that was theirs.
    var canQuit: Bool { !hasMoney && !isStacking }

    /// The visit is broken off before its payment. Money that is in is paid all the same: it cannot be given back.
    mutating func leave(_ outcome: SessionOutcome, in step: inout Step) {
        if canQuit { endVisit(outcome, in: &step) } else { finish(in: &step) }
    }

    /// Commits what was credited. Any sum will do: it is in the box.
    mutating func finish(in step: inout Step) {
        guard let session = books.session, session.state == nil else { return }
        guard !isStacking else {
            place = .finishing
            return
        }
        guard !session.credited.isEmpty else {
            if session.hasMoney { place = .outcome } else { endVisit(.cancelled, in: &step) }
            return
        }
        guard let phone = session.phone else {
            preconditionFailure("\(session.id) holds money for no number")
        }
        record(
            .paymentCommitted(
                order: session.order, slip: slip(session), phone: phone, amount: session.total),
            in: &step)
        // Nobody waits for an office that is known to be away.
        if services.officeReachable { place = .finishing } else { showOutcome(in: &step) }
    }

    func slip(_ session: VisitBooks.Session) -> SlipNumber {
        SlipNumber(epoch: settings.epoch, session: session.id)
    }

    mutating func outcomeIfSettled(in step: inout Step) {
        guard place == .finishing else { return }
        switch books.session?.state {
        case .credited, .refused, .refunded: showOutcome(in: &step)
        case .queued, .checking, nil: break
        }
    }

    mutating func showOutcome(in step: inout Step) {
        place = .outcome
        issueReceipt(copy: 0, in: &step)
    }

    /// A receipt says what is true now. Without a printer it is kept as unprinted, and no stale paper comes out later.
    mutating func issueReceipt(copy: Int, in step: inout Step) {
        guard let session = books.session, let state = session.state, let phone = session.phone
        else { return }
        let receipt = Receipt(
            order: session.order, slip: slip(session), phone: phone, notes: session.credited,
            amount: session.total, state: state, doubtful: session.inDoubt, kiosk: settings.kiosk,
            site: settings.site, language: customer.language, at: now, copy: copy)
        customer.copies = copy
        customer.receipt = nil
        record(.receiptIssued(receipt: receipt), in: &step)
        guard services.receipts.isEmpty else {
            receiptEnded(receipt.order, copy, .failed, in: &step)
            return
        }
        step.actions.append(.print(receipt))
    }

    /// One more marked copy may be asked for.
    var canCopy: Bool {
        books.session?.state != nil && books.receipts.isEmpty && services.receipts.isEmpty
            && customer.copies < Visit.copiesMax
    }

    mutating func receiptEnded(
        _ order: OrderID, _ copy: Int, _ result: ReceiptResult, in step: inout Step
    ) {
        guard books.receipts.contains(where: { $0.order == order && $0.copy == copy }) else {
            return
        }
        record(.receiptEnded(order: order, copy: copy, result: result), in: &step)
        if books.session?.order == order { customer.receipt = result }
        if customer.isLeaving, books.receipts.isEmpty { endVisit(.failed, in: &step) }
    }

    /// Cash cannot be taken any more. Before any money the customer is led back and told why; with money in, the
    /// notes' screen says why and offers to finish.
    mutating func leaveIfHindered(in step: inout Step) {
        guard !services.cash.isEmpty, canQuit else { return }
        switch place {
        case .number, .confirmNumber, .account, .insertNotes:
            let language = customer.language
            endVisit(.failed, in: &step)
            customer = Customer(language)
            place = .service
        case .attract, .language, .service, .finishing, .outcome, .rating, .goodbye, .claimSlip,
            .claimNumber, .claimAnswer:
            break
        }
    }

    /// Ends the session, if one is open, and forgets the customer.
    ///
    /// - Parameter outcome: how a session without a payment ended; with one, it was paid.
    mutating func endVisit(_ outcome: SessionOutcome, in step: inout Step) {
        if let session = books.session {
            endReceipts(in: &step)
            if session.state != nil { step.actions.append(.cancelPrints) }
            let paid = session.state != nil
            record(.sessionEnded(session: session.id, outcome: paid ? .paid : outcome), in: &step)
        }
        accountQuestion.forget()
        claimQuestion.forget()
        customer = Customer(settings.languages.first ?? .chinese)
        (place, isAsking) = (.attract, false)
    }

    /// Nobody will learn any more what became of a receipt.
    mutating func endReceipts(in step: inout Step) {
        for receipt in books.receipts {
            record(
                .receiptEnded(order: receipt.order, copy: receipt.copy, result: .unknown), in: &step
            )
        }
    }
}
