internal import DeviceKit
internal import KioskFlows
internal import KioskModel
internal import KioskStore
internal import Logging
internal import OfficeProtocol

/// Journal first, act second.
extension Kiosk {
    /// Lets the flow answer an event. Its new state counts only when its entries are durable.
    @discardableResult
    func commit(_ event: Event, in group: inout DiscardingTaskGroup) async -> JournalFault? {
        guard board.journalTrouble == nil else { return await refuse(event) }
        return await commit(in: &group) { visit, at in visit.handle(event, at: at) }
    }

    @discardableResult
    func commit(
        in group: inout DiscardingTaskGroup, _ move: (inout Visit, WallTime) -> Step
    ) async -> JournalFault? {
        var next = visit
        let step = move(&next, surroundings.timekeeper.now.wall)
        if let fault = await record(step.entries) { return fault }
        visit = next
        for action in step.actions { await act(action, in: &group) }
        return nil
    }

    /// Makes entries durable and folds them, or fails closed.
    func record(_ entries: [Entry]) async -> JournalFault? {
        guard let fault = write(entries) else { return nil }
        await failClosed(fault)
        return fault
    }

    /// Makes entries durable and folds them. Nothing that follows from them has been done before this returns.
    func write(_ entries: [Entry]) -> JournalFault? {
        guard !entries.isEmpty else { return nil }
        do { try journal.append(entries) } catch { return error }
        let at = surroundings.timekeeper.now.wall
        for entry in entries {
            books.apply(entry)
            alarmBoard.apply(entry, at: at)
            switch entry {
            case .noteCredited, .noteDoubtful: isReviewDue = true
            default: break
            }
        }
        if let broken = books.brokenInvariant {
            preconditionFailure("the kiosk's books: \(broken)")
        }
        nudge.yield()
        return nil
    }

    /// I15: no cash on a journal that does not commit. What the acceptor holds goes back, unjournalled as it came.
    func failClosed(_ fault: JournalFault) async {
        log.critical(
            "journal: expected a durable commit, got \(fault). The acceptor takes nothing more.")
        board.journalTrouble = "\(fault)"
        await fitted.acceptor?.device.request(.accept([]))
        await fitted.acceptor?.device.request(.returnNote)
        show(visit.outOfService)
        switch fault {
        case .full: break  // reviewed at every beat: there may be room again
        case .broken, .foreign, .notDurable: end = fault
        }
    }

    /// An event while the journal is full: money is refused, everything else waits for the journal.
    private func refuse(_ event: Event) async -> JournalFault {
        if case .acceptor(.escrowed) = event { await fitted.acceptor?.device.request(.returnNote) }
        return .full(board.journalTrouble ?? "")
    }

    /// Tries the journal again after it was full; if it commits, the visit goes on as after a restart.
    func retryJournal(in group: inout DiscardingTaskGroup) async {
        let key = AlarmKey(.journalTrouble, "journal")
        let why = board.journalTrouble ?? ""
        var entries: [Entry] = []
        if let raise = alarmBoard.entry(key, true, evidence: why) { entries.append(raise) }
        entries.append(.alarmCleared(alarm: key))
        if let fault = write(entries) {
            if case .full = fault { return }
            await failClosed(fault)
            return
        }
        board.journalTrouble = nil
        log.notice("journal: commits again")
        for timer in Timer.allCases { stop(timer) }
        visit = Visit(settings: settings.visit, ledger: books)
        await commit(in: &group) { visit, at in visit.begin(at: at) }
        services = nil
    }

    private func act(_ action: Action, in group: inout DiscardingTaskGroup) async {
        switch action {
        case .show(let screen):
            show(screen)
        case .acceptCash(let values):
            await fitted.acceptor?.device.request(.accept(values))
        case .stackNote:
            precondition(
                books.openNote?.intent == .stack,
                "I3: a note is stacked only after its intent is durable")
            await fitted.acceptor?.device.request(.stack)
        case .returnNote:
            await fitted.acceptor?.device.request(.returnNote)
        case .askAccount(let phone):
            ask(.account(phone: phone), in: &group)
        case .askClaim(let slip, let phone):
            ask(.claim(slip: slip, phone: phone), in: &group)
        case .print(let receipt):
            print(receipt, in: &group)
        case .cancelPrints:
            if let printer = fitted.printer { group.addTask { await printer.device.cancelAll() } }
        case .startTimer(let timer, let duration):
            start(timer, for: duration, in: &group)
        case .stopTimer(let timer):
            stop(timer)
        }
    }

}
