internal import GRDB
internal import KioskModel

// From the books to the billing system, each order once:
//
//     prepared -> sent -> confirmed | refused
//        ^         |
//        |         v
//        +----- unknown -> asked about, until it is confirmed, refused, or known never to have arrived
//
// `sent` is on the disk before the call. Only "surely not sent" and "the billing system knows nothing of it" lead back.
extension Office {
    /// Calls to the billing system at the same time.
    static let postingsMax = 8
    /// Waiting orders in memory; the rest wait in the database.
    static let postingWindow = 10_000
    /// After that long without an answer an order is unknown.
    static let postingLimit: Duration = .seconds(30)
    static let backOffFirst: Duration = .seconds(1)
    static let backOffMax: Duration = .seconds(300)
    /// An order that is unknown for so long gets a case; the office keeps asking.
    static let unresolvedAfter: Duration = .seconds(600)
    /// While nobody is at the other end, one order at a time tries the line.
    static let probePause: Duration = .seconds(1)
    /// How long posting rests when nothing waits and nobody calls.
    static let postingRest: Duration = .seconds(60)
    static let noteMax = 200

    /// Posts what waits, asks about what is unknown, until the task is cancelled.
    ///
    /// Returns by itself only when the database cannot be written any more (`trouble`): end the program and start it again.
    public func run() async {
        precondition(!isRunning, "one posting at a time")
        isRunning = true
        defer { isRunning = false }
        guard recover() else { return }
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled, trouble == nil {
                let (sign, raise) = AsyncStream.makeStream(
                    of: Void.self, bufferingPolicy: .bufferingNewest(1))
                postingSign = raise
                let rest = startDue(in: &group)
                await wait(for: sign, atMost: rest)
            }
            group.cancelAll()
        }
    }

    /// What was being sent when the last process ended may have arrived.
    private func recover() -> Bool {
        (postings, notSentInARow) = (PostingQueue(), 0)
        let at = wallMs
        do throws(Store.Trouble) {
            try store.write { db in
                for row in try db.rows("SELECT * FROM orders WHERE phase = 'sent' ORDER BY place") {
                    try Settlement(db: db, posting: Office.posting(row), at: at)
                        .unknown("the office stopped while it was sent")
                }
            }
            return true
        } catch {
            report(error)
            return false
        }
    }

    private static func posting(_ row: Row) -> Posting {
        guard let order = OrderID(text: row["id"]), let phone = Phones.read(row["phone"]),
            let phase = Posting.Phase(rawValue: row["phase"])
        else { preconditionFailure("an order in the books that is none") }
        return Posting(
            place: row["place"], kiosk: row["kiosk"], epoch: row["epoch"], order: order,
            phone: phone, amount: Money(fen: row["fen"]), phase: phase)
    }

    // MARK: Starting

    /// Starts what is due and has a free line; returns how long there is nothing to start.
    private func startDue(in group: inout DiscardingTaskGroup) -> Duration {
        let now = timekeeper.now.monotonicNs
        refill(nowNs: now)
        let nobodyThere = notSentInARow >= Office.postingsMax
        let lines = nobodyThere ? 1 : Office.postingsMax
        if nobodyThere, now < probeAtNs { return .nanoseconds(probeAtNs - now) }
        var started: [Posting] = []
        while postingsRunning + started.count < lines,
            let posting = postings.takeDue(nowNs: now)
        { started.append(posting) }
        if nobodyThere, !started.isEmpty { probeAtNs = now + Office.probePause.wholeNs }
        for posting in markSent(started) {
            postingsRunning += 1
            group.addTask { await self.post(posting) }
        }
        // With every line taken the next ending gives the sign.
        guard let next = postings.nextDueNs, postingsRunning < lines else {
            return Office.postingRest
        }
        return .nanoseconds(max(next, nobodyThere ? probeAtNs : next, now) - now)
    }

    private func refill(nowNs: Int64) {
        let room = Office.postingWindow - postings.count
        guard room > 0 else { return }
        do throws(Store.Trouble) {
            let rows = try store.read { db in
                try db.rows(
                    """
                    SELECT * FROM orders
                    WHERE phase IN ('prepared', 'sent', 'unknown') AND place > ?
                    ORDER BY place LIMIT ?
                    """, [postings.lastPlace, room])
            }
            for row in rows { postings.add(Office.posting(row), nowNs: nowNs) }
        } catch { report(error) }
    }

    /// `sent` is on the disk before anything is sent, for all that start together in one commit. What could not be marked
    /// waits.
    private func markSent(_ started: [Posting]) -> [Posting] {
        let prepared = started.filter { $0.phase == .prepared }
        guard !prepared.isEmpty else { return started }
        do throws(Store.Trouble) {
            try store.write { db in
                for posting in prepared {
                    try db.run(
                        """
                        UPDATE orders SET phase = 'sent', attempts = attempts + 1
                        WHERE id = ? AND phase = 'prepared'
                        """, [posting.order.text])
                    precondition(db.changesCount == 1, "an order that is not prepared is sent")
                }
            }
        } catch {
            report(error)
            started.forEach { retryLater($0) }
            return []
        }
        return started.map { posting in
            var posting = posting
            if posting.phase == .prepared { posting.phase = .sent }
            return posting
        }
    }

    // MARK: Calling

    private enum Result {
        case confirmed(String)
        case refused(String)
        /// It may have arrived.
        case unknown(String)
        /// Surely nothing arrived: of this call, if it was sent now; of any, if the billing system says so.
        case notArrived(String)
        /// Nobody could be asked.
        case notAsked(String)
    }

    private func post(_ posting: Posting) async {
        let result = posting.phase == .sent ? await send(posting) : await inquire(posting)
        settle(posting, result)
        postingsRunning -= 1
        postingSign?.yield()
    }

    private func send(_ posting: Posting) async -> Result {
        do throws(BillingFault) {
            let answer = try await ask(within: Office.postingLimit) {
                [billing] () throws(BillingFault) in
                try await billing.topUp(
                    posting.order, phone: posting.phone, amount: posting.amount)
            }
            notSentInARow = 0
            return Office.result(answer)
        } catch {
            switch error {
            case .notSent(let text):
                notSentInARow += 1
                return .notArrived(text)
            case .unknown(let text):
                notSentInARow = 0
                return .unknown(text)
            }
        }
    }

    private func inquire(_ posting: Posting) async -> Result {
        do throws(BillingFault) {
            let answer = try await ask(within: Office.postingLimit) {
                [billing] () throws(BillingFault) in
                try await billing.posting(of: posting.order)
            }
            notSentInARow = 0
            guard let answer else { return .notArrived("unknown to the billing system") }
            return Office.result(answer)
        } catch {
            switch error {
            case .notSent(let text):
                notSentInARow += 1
                return .notAsked(text)
            case .unknown(let text):
                notSentInARow = 0
                return .notAsked(text)
            }
        }
    }

    private static func result(_ answer: PostingAnswer) -> Result {
        switch answer {
        case .completed(let reference): .confirmed(reference)
        case .refused(let reason): .refused(reason)
        case .inProgress: .unknown("in progress at the billing system")
        }
    }

    // MARK: Settling

    private func settle(_ posting: Posting, _ result: Result) {
        var posting = posting
        let now = timekeeper.now
        do throws(Store.Trouble) {
            try store.write { db in
                let settlement = Settlement(
                    db: db, posting: posting, at: now.wall.milliseconds)
                switch result {
                case .confirmed(let reference): try settlement.confirmed(reference)
                case .refused(let reason): try settlement.refused(reason)
                case .unknown(let text): try settlement.unknown(text)
                case .notArrived(let text): try settlement.prepared(text)
                case .notAsked(let text): try settlement.stillUnknown(text)
                }
                guard try settlement.isUnresolved(nowNs: now.monotonicNs) else { return }
                try settlement.openCase()
            }
        } catch {
            // What the billing system said is not on the disk: there the order is still `sent`, so it is asked about.
            report(error)
            posting.phase = .unknown
            return retryLater(posting)
        }
        change()
        conclude(posting, result, nowNs: now.monotonicNs)
    }

    private func conclude(_ posting: Posting, _ result: Result, nowNs: Int64) {
        var posting = posting
        switch result {
        case .confirmed, .refused:
            postings.finish(posting, nowNs: nowNs)
            tellCommands(to: posting.kiosk)
        case .unknown, .notAsked:
            if posting.phase == .sent { tellCommands(to: posting.kiosk) }
            posting.phase = .unknown
            posting.unknownSinceNs = posting.unknownSinceNs ?? nowNs
            retryLater(posting)
        case .notArrived:
            let asked = posting.phase == .unknown
            (posting.phase, posting.unknownSinceNs) = (.prepared, nil)
            guard !asked else { return postings.retry(posting, atNs: nowNs) }
            retryLater(posting)
        }
    }

    /// Doubling from `backOffFirst` to `backOffMax`, of which at least half: an answer on its way gets time to arrive.
    private func retryLater(_ posting: Posting) {
        var posting = posting
        let doublings = min(posting.failures, 20)
        posting.failures += 1
        let whole = min(
            Office.backOffFirst.wholeNs << Int64(doublings), Office.backOffMax.wholeNs)
        let wait = Double(whole) * (0.5 + 0.5 * min(max(random(), 0), 1))
        postings.retry(posting, atNs: timekeeper.now.monotonicNs + Int64(wait))
    }
}

extension Duration {
    var wholeNs: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }

    /// Rounded up.
    var wholeMs: Int { Int((wholeNs + 999_999) / 1_000_000) }
}
