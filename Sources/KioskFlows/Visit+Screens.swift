internal import KioskModel

/// What is shown, from where the visit is and nothing else.
extension Visit {
    var screen: Screen {
        if isAsking { return needMoreTime }
        switch place {
        case .attract: return attract
        case .language: return languages
        case .service: return service
        case .number(let complaint): return number(complaint)
        case .confirmNumber(let phone): return confirmNumber(phone)
        case .account(let phone, let answer): return account(phone, answer)
        case .insertNotes: return insertNotes
        case .finishing: return finishing
        case .outcome: return outcome
        case .rating: return rating
        case .goodbye: return goodbye
        case .claimSlip(let complaint): return claimSlip(complaint)
        case .claimNumber(_, let complaint): return claimNumber(complaint)
        case .claimAnswer(let slip, let answer): return claimAnswer(slip, answer)
        }
    }

    /// Shown by the runtime when the journal does not commit. Whoever has money in is told how much and whom to call.
    public var outOfService: Screen {
        var screen = blank(.outOfService)
        screen.body = [message("outOfService.body.hotline", ["hotline": settings.hotline])]
        guard let session = books.session, session.hasMoney else { return screen }
        screen.body.insert(message("outOfService.body.money"), at: 0)
        screen.amount = session.total
        screen.facts = [fact("slip", slip(session).grouped)]
        return screen
    }

    private var attract: Screen {
        var screen = blank(.attract)
        screen.body = [message("attract.body.touch")]
        screen.choices = [choice(.start, .primary)]
        return screen
    }

    private var languages: Screen {
        var screen = blank(.language)
        screen.choices = settings.languages.map { choice(ChoiceName($0)) }
        return screen
    }

    private var service: Screen {
        var screen = blank(.service)
        let why = hindrance(services.cash)
        screen.choices = [
            choice(.topUp, .primary, unavailable: why), choice(.claim), choice(.quit, .quiet),
        ]
        return screen
    }

    private func number(_ complaint: Screen.Message?) -> Screen {
        var screen = blank(.number)
        screen.keypad = phoneKeypad(complaint)
        screen.choices = [choice(.quit, .quiet)]
        return screen
    }

    private func confirmNumber(_ phone: PhoneNumber) -> Screen {
        var screen = blank(.confirmNumber)
        screen.facts = [fact("number", phone.grouped)]
        screen.choices = [
            choice(.confirm, .primary), choice(.change), choice(.quit, .quiet),
        ]
        return screen
    }

    private func account(_ phone: PhoneNumber, _ answer: AccountAnswer?) -> Screen {
        var screen = blank(.account)
        screen.facts = [fact("number", phone.grouped)]
        switch answer {
        case .found(let name, let balance):
            screen.facts.append(fact("name", name))
            screen.facts.append(
                balance < .zero
                    ? fact("arrears", yuan(-balance)) : fact("balance", yuan(balance)))
            screen.body = [message("account.body.found")]
            screen.choices = [choice(.goOn, .primary), choice(.change)]
        case .unavailable:
            screen.body = [message("account.body.unavailable")]
            screen.choices = [choice(.goOn, .primary), choice(.change)]
        case .notFound:
            screen.body = [message("account.body.notFound")]
            screen.choices = [choice(.change, .primary)]
        case nil:
            screen.body = [message("account.body.asking")]
            screen.choices = [choice(.change)]
        }
        screen.choices.append(choice(.quit, .quiet))
        return screen
    }

    private var rating: Screen {
        var screen = blank(.rating)
        let stars: [ChoiceName] = [.oneStar, .twoStars, .threeStars, .fourStars, .fiveStars]
        screen.choices = stars.map { choice($0) } + [choice(.skip, .quiet)]
        return screen
    }

    private var goodbye: Screen {
        var screen = blank(.goodbye)
        if customer.isLeaving {
            screen.body = [message("outcome.body.receipt.printing")]
        } else {
            screen.choices = [choice(.done, .primary)]
        }
        screen.body.append(message("goodbye.body.belongings"))
        return screen
    }

    private func claimSlip(_ complaint: Screen.Message?) -> Screen {
        var screen = blank(.claimSlip)
        screen.body = [message("claimSlip.body.where")]
        screen.keypad = Screen.Keypad(
            field: "slip", digits: 12, groups: [4, 4, 4], complaint: complaint)
        screen.choices = [choice(.quit, .quiet)]
        return screen
    }

    private func claimNumber(_ complaint: Screen.Message?) -> Screen {
        var screen = blank(.claimNumber)
        screen.keypad = phoneKeypad(complaint)
        screen.choices = [choice(.quit, .quiet)]
        return screen
    }

    private func claimAnswer(_ slip: SlipNumber, _ answer: ClaimAnswer?) -> Screen {
        var screen = blank(.claimAnswer)
        screen.facts = [fact("slip", slip.grouped)]
        screen.choices = [choice(.done, .primary)]
        let hotline = message("claimAnswer.body.hotline", ["hotline": settings.hotline])
        switch answer {
        case .found(let amount, let state, _):
            screen.amount = amount
            screen.body = [message("state.\(state.rawValue)")]
            switch state {
            case .refused: screen.body.append(refund)
            case .checking: screen.body.append(hotline)
            case .queued, .credited, .refunded: break
            }
        case .notFound: screen.body = [message("claimAnswer.body.notFound"), hotline]
        case .unavailable: screen.body = [message("claimAnswer.body.unavailable"), hotline]
        case nil: screen.body = [message("claimAnswer.body.asking")]
        }
        return screen
    }

    private func phoneKeypad(_ complaint: Screen.Message?) -> Screen.Keypad {
        let length = settings.grammar.length
        var (groups, rest) = ([3], length - 3)
        while rest > 0 {
            groups.append(min(4, rest))
            rest -= 4
        }
        return Screen.Keypad(
            field: "number", digits: length, groups: groups, complaint: complaint)
    }
}

/// The parts that screens are made of.
extension Visit {
    func blank(_ name: Screen.Name) -> Screen {
        Screen(name, customer.language, title: message("\(name.rawValue).title"))
    }

    func message(_ key: String, _ gaps: [String: String] = [:]) -> Screen.Message {
        Screen.Message(key, gaps)
    }

    func fact(_ label: String, _ value: String) -> Screen.Fact {
        Screen.Fact(message("fact.\(label)"), value)
    }

    func choice(
        _ name: ChoiceName, _ weight: Screen.Choice.Weight = .plain,
        unavailable: Screen.Message? = nil
    ) -> Screen.Choice {
        Screen.Choice(
            name.rawValue, message("choice.\(name.rawValue)"), weight, unavailable: unavailable)
    }

    /// "¥70.00": read alike in both languages.
    func yuan(_ amount: Money) -> String { "¥\(amount.yuanText)" }

    /// The first reason in the order of their urgency; one is enough for a customer.
    func hindrance(_ reasons: Set<Services.Hindrance>) -> Screen.Message? {
        Services.Hindrance.allCases.first(where: reasons.contains).map {
            message("hindrance.\($0.rawValue)")
        }
    }

    var refund: Screen.Message { message("refund.how", ["hotline": settings.hotline]) }
}
