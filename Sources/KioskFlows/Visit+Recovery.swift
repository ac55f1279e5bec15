internal import KioskModel

/// After a restart: the journal says what was open, and the customer may still stand there.
extension Visit {
    /// Paper of the last life does not come out any more. A session with money goes on where it was and ends by itself
    /// if nobody is there; one without ends now. An open note waits for what the unit says of it.
    mutating func recover(in step: inout Step) {
        if !books.receipts.isEmpty {
            endReceipts(in: &step)
            step.actions.append(.cancelPrints)
        }
        guard let session = books.session else { return }
        customer.recovered = true
        if session.state != nil {
            customer.receipt = .unknown
            place = .outcome
        } else if isStacking || !session.credited.isEmpty {
            // Only here has the number been confirmed, and found or at least not refused.
            place = .insertNotes
        } else {
            leave(.failed, in: &step)
        }
    }

    /// The next copy of a recovered payment must not bear the number of an earlier one. The books keep only receipts that
    /// did not surely come out; if there is none, one may have come out.
    mutating func recoveredCopies(_ ledger: KioskLedger) {
        guard let session = books.session, session.state != nil else { return }
        let known = (ledger.openReceipts + ledger.unprinted).filter { $0.order == session.order }
        customer.copies = known.map(\.copy).max() ?? 1
    }
}
