public import DeviceKit
public import KioskModel

/// A receipt printer that speaks ESC/POS, behind a print queue. It hears nothing from the printer itself: "sent" is the
/// most it ever claims.
///
/// A queue's state is old news while it is idle (CUPS asks no idle printer, and a reason stays until the next job), so
/// an empty job, which prints nothing, asks the printer now and then: that is `check`. Whatever kept the printer from
/// printing is believed until such a job has gone through.
public actor ESCPOSPrinter: Printer {
    /// How often an idle printer is asked, and how soon again one that has trouble.
    static let checkInterval: Duration = .seconds(10)
    static let troubleInterval: Duration = .seconds(2)
    /// How long an empty job may take until the printer counts as offline.
    static let checkLimit: Duration = .seconds(10)
    /// Questions in a row without an answer until the queue counts as unreachable.
    static let failuresMax = 3

    private let profile: PrinterProfile
    private let link: any PrintLink
    private let timekeeper: any Timekeeper

    /// Receipts of people who have gone may wait in the queue (at the start, after CUPS was away, when cancelling failed).
    /// They are cancelled before anything else is sent.
    private var purgeOwed = true
    private var printing = 0
    private var check: Check?
    private var lastCheckNs: Int64?
    /// What keeps the printer from printing, as long as no job proves the contrary.
    private var troubles: Set<PrinterCondition> = []
    private var failures = 0
    private var reported: Set<PrinterCondition>?

    /// The empty job that is under way.
    private struct Check {
        let job: Int
        let startedNs: Int64
    }

    public init(profile: PrinterProfile, link: any PrintLink, timekeeper: any Timekeeper) {
        (self.profile, self.link, self.timekeeper) = (profile, link, timekeeper)
    }

    // Watching

    public func watch(report: @escaping @Sendable (Set<PrinterCondition>) async -> Void) async {
        repeat {
            let conditions = await look()
            if conditions != reported {
                reported = conditions
                await report(conditions)
            }
        } while (try? await timekeeper.sleep(for: profile.pollInterval)) != nil
    }

    private func look() async -> Set<PrinterCondition> {
        do throws(Fault) {
            if printing == 0 { try await purge() }
            // The job first: what the queue says after its end is what the printer said.
            let checked = try await stateOfCheck()
            let queue = try await link.queueState()
            failures = 0
            learn(from: queue.conditions, checked)
            if check == nil, printing == 0, queue.acceptsJobs, isCheckDue(queue.conditions) {
                try await startCheck(queue)
            }
            return queue.conditions.union(troubles)
        } catch {
            (purgeOwed, check, failures) = (true, nil, failures + 1)
            return failures >= ESCPOSPrinter.failuresMax
                ? [.unreachable] : reported ?? [.unreachable]
        }
    }

    private func stateOfCheck() async throws(Fault) -> PrintJobState? {
        guard let check else { return nil }
        return try await link.state(ofJob: check.job)
    }

    private func learn(from seen: Set<PrinterCondition>, _ checked: PrintJobState?) {
        switch checked {
        case .completed:
            (check, troubles) = (nil, [])
        case .pending where seen.contains(.stopped):
            // It waits in a queue that has stopped: the next check sets that going first.
            (check, troubles) = (nil, seen.obstacles)
        case .pending, .processing:
            let since = check?.startedNs ?? now
            if !seen.obstacles.isEmpty {
                troubles = seen.obstacles
            } else if troubles.isEmpty, elapsed(since: since) > ESCPOSPrinter.checkLimit {
                troubles = [.offline]
            }
        case .aborted, .held:
            check = nil
            if troubles.isEmpty { troubles = seen.obstacles.isEmpty ? [.offline] : seen.obstacles }
        case .stopped, .canceled, .unknown:
            // Says nothing of the printer: whoever cancelled it, the next check tells.
            check = nil
            troubles.formUnion(seen.obstacles)
        case nil:
            break
        }
    }

    private func isCheckDue(_ seen: Set<PrinterCondition>) -> Bool {
        guard let lastCheckNs else { return true }
        let calm = troubles.isEmpty && seen.obstacles.isEmpty
        let interval = calm ? ESCPOSPrinter.checkInterval : ESCPOSPrinter.troubleInterval
        return elapsed(since: lastCheckNs) >= interval
    }

    /// A queue that stopped stays stopped after the repair, and then prints whatever waits in it: so it is emptied first.
    private func startCheck(_ queue: PrintQueueState) async throws(Fault) {
        troubles.formUnion(queue.conditions.obstacles)
        lastCheckNs = now
        if !troubles.isEmpty { try await link.cancelAll() }
        if queue.state == .stopped { try await link.resume() }
        let job = try await link.submit(ESCPOSEncoder.initialize, title: "check")
        check = Check(job: job, startedNs: now)
    }

    // Printing

    public func print(_ document: PrintDocument, title: String) async -> ReceiptResult {
        printing += 1
        defer { printing -= 1 }
        let job: Int
        do throws(Fault) {
            try await purge()
            let seen = try await link.queueState().conditions
            guard seen.union(troubles).obstacles.isEmpty else { return .failed }
        } catch {
            return .failed
        }
        do throws(Fault) {
            job = try await link.submit(
                ESCPOSEncoder(profile: profile).bytes(of: document), title: title)
        } catch {
            // Without an answer the queue may have it all the same: then nobody knows, and it must not come out later.
            await cancelAll()
            return error.kind == .communication ? .unknown : .failed
        }
        let result = await result(of: job)
        if result == .sent {
            lastCheckNs = now
        } else {
            await cancelAll()
        }
        return result
    }

    /// Asks until the job has ended, the printer needs a person, or the profile's limit has passed.
    private func result(of job: Int) async -> ReceiptResult {
        let start = now
        var silent = 0
        while elapsed(since: start) < profile.jobTimeout {
            guard (try? await timekeeper.sleep(for: profile.pollInterval)) != nil else {
                return .unknown
            }
            do throws(Fault) {
                switch try await link.state(ofJob: job) {
                case .completed: return .sent
                case .canceled, .aborted, .held, .stopped, .unknown: return .unknown
                case .pending, .processing: break
                }
                let obstacles = try await link.queueState().conditions.obstacles
                silent = 0
                // Nobody is there to help: the customer is told now. "Offline" is a hint only, the limit decides.
                guard obstacles.subtracting([.offline]).isEmpty else {
                    troubles.formUnion(obstacles)
                    return .unknown
                }
            } catch {
                silent += 1
                if silent >= ESCPOSPrinter.failuresMax { return .unknown }
            }
        }
        troubles.insert(.offline)
        return .unknown
    }

    // Clearing

    public func cancelAll() async {
        purgeOwed = true
        try? await purge()
    }

    private func purge() async throws(Fault) {
        guard purgeOwed else { return }
        try await link.cancelAll()
        purgeOwed = false
    }

    private var now: Int64 { timekeeper.now.monotonicNs }

    private func elapsed(since ns: Int64) -> Duration { .nanoseconds(now - ns) }
}
