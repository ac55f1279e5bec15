internal import DeviceKit
internal import KioskFlows
internal import KioskModel
internal import KioskStore
internal import Logging

/// What the devices, the office and the outbox say, and what follows: alarms and services.
extension Kiosk {
    /// Remembers what the acceptor said of itself, before the flow hears it.
    func note(_ report: AcceptorEvent, in group: inout DiscardingTaskGroup) async -> JournalFault? {
        if case .lost(let fault) = report { log.warning("\(fault)") }
        guard board.acceptor.hear(report) else { return nil }
        return await reviewServices(in: &group)
    }

    /// Raises and clears what has changed, and tells the flow what works now.
    @discardableResult
    func reviewServices(in group: inout DiscardingTaskGroup) async -> JournalFault? {
        isReviewDue = false
        guard end == nil else { return end }
        if board.journalTrouble != nil { await retryJournal(in: &group) }
        guard board.journalTrouble == nil else { return end }
        do { try reviewOutbox() } catch {
            await failClosed(error)
            return error
        }
        if let fault = await record(news()) { return fault }
        board.acceptor.recorded()
        let now = board.services(
            hasAcceptor: fitted.acceptor != nil, hasPrinter: fitted.printer != nil)
        guard now != services else { return nil }
        services = now
        return await commit(.services(now), in: &group)
    }

    /// The entries that bring the journal up to what the boards know.
    private func news() -> [Entry] {
        let findings = board.alarms(
            acceptor: fitted.acceptor?.name, printer: fitted.printer?.name,
            nowNs: surroundings.timekeeper.now.monotonicNs, silence: settings.limits.officeSilence)
        let facts = fitted.acceptor.map { board.acceptor.entries($0.name) } ?? []
        let alarms = findings.compactMap {
            alarmBoard.entry($0.key, $0.present, evidence: $0.evidence)
        }
        return facts + alarms + doubtfulAlarm()
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
    private func reviewOutbox() throws(JournalFault) {
        let limits = settings.limits
        let (lane, cash) = (try journal.outbox(.money), try journal.unacknowledgedCash())
        let age = lane.oldestWaiting.map(age) ?? .zero
        /// The first limit of which that share is reached.
        func reached(percent: Int64) -> String? {
            if cash.fen * 100 >= limits.offlineCash.fen * percent {
                return "\(cash) taken without the office"
            }
            if age * 100 >= limits.offlineAge * Int(percent) {
                return "\(age.components.seconds / 3600) h without the office"
            }
            // The last tenth of the lane is for what must be written when no more cash is taken.
            if lane.waiting * 1000 >= limits.moneyLane * 9 * percent {
                return "\(lane.waiting) entries wait for the office"
            }
            return nil
        }
        board.offlineTooLong = lane.waiting > 0 ? reached(percent: 100) : nil
        board.offlineNearly = lane.waiting > 0 ? reached(percent: 90) : nil
    }

    /// Age by what cannot jump; by the wall only across a reboot, and then never negative.
    private func age(of stamp: Timestamp) -> Duration {
        let now = surroundings.timekeeper.now
        if now.bootID == stamp.bootID { return .nanoseconds(now.monotonicNs - stamp.monotonicNs) }
        return .milliseconds(max(0, now.wall.milliseconds - stamp.wall.milliseconds))
    }
}
