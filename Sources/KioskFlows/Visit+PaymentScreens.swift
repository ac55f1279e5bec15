internal import KioskModel

/// The screens with the customer's money on them.
extension Visit {
    /// Everything a customer must know is said before the first note: no change, the least sum, no receipt.
    var insertNotes: Screen {
        var screen = blank(.insertNotes)
        let session = books.session
        screen.amount = session?.total ?? .zero
        screen.denominations = notesWanted
        if let phone = session?.phone { screen.facts.append(fact("number", phone.masked)) }
        if let arrears = customer.arrears { screen.facts.append(fact("arrears", yuan(arrears))) }
        if let doubt = session?.inDoubt, doubt > .zero {
            screen.facts.append(fact("doubtful", yuan(doubt)))
        }
        screen.body = slotNews + slotRules
        let hasMoney = self.hasMoney
        screen.choices = [
            choice(
                .finish, .primary,
                unavailable: hasMoney ? nil : message("insertNotes.finishLater"))
        ]
        if canQuit { screen.choices.append(choice(.quit, .quiet)) }
        return screen
    }

    /// What has just happened, most urgent first.
    private var slotNews: [Screen.Message] {
        var news: [Screen.Message] = []
        if let why = hindrance(services.cash) {
            news += [why, message("insertNotes.body.stopped")]
        } else if isStacking {
            news.append(message("insertNotes.body.moving"))
        } else if notesWanted.isEmpty {
            news.append(message("insertNotes.body.full", ["maximum": yuan(settings.maximum)]))
        }
        switch customer.noteStory {
        case .refused(let reason):
            news.append(message("insertNotes.body.refused.\(reason.rawValue)"))
        case .returned(let reason):
            news.append(
                message(
                    "insertNotes.body.returned.\(reason.rawValue)",
                    reason == .overMaximum ? ["maximum": yuan(settings.maximum)] : [:]))
        case .cameBack: news.append(message("insertNotes.body.cameBack"))
        case nil: break
        }
        if let doubt = books.session?.inDoubt, doubt > .zero {
            news.append(message("insertNotes.body.doubtful", ["amount": yuan(doubt)]))
        }
        if customer.recovered { news.append(message("insertNotes.body.recovered")) }
        return news
    }

    private var slotRules: [Screen.Message] {
        var rules = [message("insertNotes.body.noChange")]
        if !hasMoney {
            rules.append(
                message(
                    "insertNotes.body.limits",
                    ["minimum": yuan(settings.minimum), "maximum": yuan(settings.maximum)]))
        }
        if let why = hindrance(services.receipts) {
            rules += [why, message("insertNotes.body.noReceipt")]
        }
        return rules
    }

    var finishing: Screen {
        var screen = blank(.finishing)
        let isCommitted = books.session?.state != nil
        screen.amount = books.session.flatMap { $0.credited.isEmpty ? nil : $0.total }
        screen.body = [message(isCommitted ? "finishing.body.office" : "finishing.body.note")]
        return screen
    }

    var outcome: Screen {
        var screen = blank(.outcome)
        guard let session = books.session else { return screen }
        screen.amount = session.credited.isEmpty ? nil : session.total
        screen.facts = [fact("slip", slip(session).grouped)]
        if let phone = session.phone { screen.facts.append(fact("number", phone.masked)) }
        if session.inDoubt > .zero {
            screen.facts.append(fact("doubtful", yuan(session.inDoubt)))
        }
        screen.body = outcomeNews(session) + receiptNews(session)
        screen.choices = [choice(.done, .primary)]
        if canCopy { screen.choices.append(choice(.copy)) }
        return screen
    }

    private func outcomeNews(_ session: VisitBooks.Session) -> [Screen.Message] {
        var news: [Screen.Message] = []
        if let state = session.state {
            news.append(message("state.\(state.rawValue)"))
            switch state {
            case .refused: news.append(refund)
            case .queued: news.append(message("outcome.body.queued"))
            case .checking: news.append(message("outcome.body.checking"))
            case .credited, .refunded: break
            }
        }
        if session.inDoubt > .zero {
            news.append(
                message(
                    "outcome.body.doubtful",
                    ["amount": yuan(session.inDoubt), "hotline": settings.hotline]))
        }
        return news
    }

    private func receiptNews(_ session: VisitBooks.Session) -> [Screen.Message] {
        guard session.state != nil else { return [message("outcome.body.noteSlip")] }
        if books.receipts.contains(where: { $0.order == session.order }) {
            return [message("outcome.body.receipt.printing")]
        }
        guard let result = customer.receipt else { return [] }
        let told = message("outcome.body.receipt.\(result.rawValue)")
        switch result {
        case .sent, .confirmed: return [told]
        case .unknown, .failed:
            return [told, hindrance(services.receipts), message("outcome.body.noteSlip")]
                .compactMap { $0 }
        }
    }

    /// Nothing personal: whoever comes by may read it.
    var needMoreTime: Screen {
        var screen = blank(.needMoreTime)
        let pays = place == .insertNotes && hasMoney
        if pays {
            screen.amount = books.session?.total
            screen.body = [message("needMoreTime.body.pays")]
        }
        screen.choices = [
            choice(.more, .primary),
            Screen.Choice(
                ChoiceName.end.rawValue, message(pays ? "choice.finish" : "choice.end")),
        ]
        let left = settings.duration(of: .moreTime, withNotes: pays)
        screen.secondsLeft = Int(left.components.seconds)
        return screen
    }
}
