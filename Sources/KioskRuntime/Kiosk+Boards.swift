internal import DeviceKit
internal import KioskFlows
internal import KioskModel
internal import KioskStore
internal import Logging

/// What the devices, the office and the outbox say, and what follows: alarms and services.
extension Kiosk {
    /// Remembers what the acceptor said of itself, before the flow hears it.
    func note(_ report: AcceptorEvent, in group: inout DiscardingTaskGroup) async -> JournalFault? {
        var entries: [Entry] = []
        switch report {
        case .identified(let identity, _):
            if board.acceptor.identity != identity, let name = fitted.acceptor?.name {
                entries.append(.deviceIdentified(device: name, identity: identity))
            }
            board.acceptor.identity = identity
        case .connected:
            (board.acceptor.connected, board.acceptor.lost) = (true, nil)
        case .lost(let fault):
            (board.acceptor.connected, board.acceptor.lost) = (false, fault)
            board.acceptor.conditions = []
            log.warning("\(fault)")
        case .conditions(let conditions):
            let (was, now) = (board.acceptor.conditions, conditions)
            if now.contains(.cassetteRemoved), !was.contains(.cassetteRemoved) {
                entries.append(.cassetteRemoved)
            }
            if was.contains(.cassetteRemoved), !now.contains(.cassetteRemoved) {
                entries.append(.cassetteInserted)
            }
            board.acceptor.conditions = conditions
        case .accepting, .escrowed, .stacked, .returned, .refused, .ready:
            return nil
        }
        if board.journalTrouble == nil, let fault = write(entries) {
            await failClosed(fault)
            return fault
        }
        return await reviewServices(in: &group)
    }

    /// Raises and clears what has changed, and tells the flow what works now.
    @discardableResult
    func reviewServices(in group: inout DiscardingTaskGroup) async -> JournalFault? {
        guard end == nil else { return end }
        if board.journalTrouble != nil { await retryJournal(in: &group) }
        guard board.journalTrouble == nil else { return nil }
        reviewOutbox()
        let findings = board.alarms(
            acceptor: fitted.acceptor?.name, printer: fitted.printer?.name,
            nowNs: surroundings.timekeeper.now.monotonicNs, silence: settings.limits.officeSilence)
        var entries = findings.compactMap {
            alarmBoard.entry($0.key, $0.present, evidence: $0.evidence)
        }
        entries += doubtfulAlarm()
        if let fault = write(entries) {
            await failClosed(fault)
            return fault
        }
        let now = board.services(
            hasAcceptor: fitted.acceptor != nil, hasPrinter: fitted.printer != nil)
        guard now != services else { return nil }
        services = now
        return await commit(.services(now), in: &group)
    }

    /// Doubtful notes stay an alarm until a count settles them.
    private func doubtfulAlarm() -> [Entry] {
        let doubtful = books.balance(.suspense)
        guard let name = fitted.acceptor?.name, doubtful > .zero else { return [] }
        let key = AlarmKey(.noteDoubtful, "\(name)")
        return alarmBoard.entry(key, true, evidence: "\(doubtful) nobody can place").map { [$0] }
            ?? []
    }

    /// How far this kiosk has gone on its own word.
    private func reviewOutbox() {
        let limits = settings.limits
        guard let lane = try? journal.outbox(.money), let cash = try? journal.unacknowledgedCash()
        else {
            board.offlineTooLong = "the outbox cannot be read"
            return
        }
        let age = lane.oldestWaiting.map(age) ?? .zero
        func verdict(_ part: (Int64, Int64)) -> String? {
            let (used, whole) = part
            if cash.fen * whole >= limits.offlineCash.fen * used {
                return "\(cash) taken without the office"
            }
            if age * Int(whole) >= limits.offlineAge * Int(used) {
                return "\(age.components.seconds / 3600) h without the office"
            }
            if lane.waiting * whole >= limits.moneyLane * used {
                return "\(lane.waiting) entries wait for the office"
            }
            return nil
        }
        board.offlineTooLong =
            lane.waiting * 10 >= limits.moneyLane * 9
            ? "\(lane.waiting) entries wait" : verdict((1, 1))
        board.offlineNearly = lane.waiting > 0 ? verdict((9, 10)) : nil
    }

    /// Age by what cannot jump; by the wall only across a reboot, and then never negative.
    private func age(of stamp: Timestamp) -> Duration {
        let now = surroundings.timekeeper.now
        if now.bootID == stamp.bootID { return .nanoseconds(now.monotonicNs - stamp.monotonicNs) }
        return .milliseconds(max(0, now.wall.milliseconds - stamp.wall.milliseconds))
    }
}
