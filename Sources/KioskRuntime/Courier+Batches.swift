import KioskModel
import KioskStore
import OfficeProtocol

/// Sending what waits, lane by lane.
extension Courier {
    /// What one lane's conversation with the office has come to.
    struct LaneState {
        /// The office asked to start here; nil: from the first that is not acknowledged.
        var from: Int64?
        /// Nothing is sent before that moment: the office's pace, or a lane that stands still. Monotonic nanoseconds.
        var pausedUntilNs: Int64 = 0
        /// A wake at the end of the pause is on its way.
        var alarmSet = false
        /// The sequence whose hash the office doubted once.
        var doubted: Int64?
        var stopped = false
        /// How often the office asked to start earlier since the cursor last moved.
        var rewinds = 0
        /// Less after the office called a batch too large.
        var eventsMax = Limits.batchEvents
        /// How often the office was busy since the cursor last moved.
        var turnedAway = 0
        static let fresh = LaneState()
    }

    /// Sends until the task is cancelled, or until the journal breaks.
    func deliver(in group: inout DiscardingTaskGroup) async {
        var woken = wakes.makeAsyncIterator()
        do {
            try await timekeeper.sleep(for: Pace.startWindow * random())
            while !Task.isCancelled {
                do {
                    if let (lane, batch) = try next(in: &group) {
                        try await send(batch, of: lane)
                    } else if await woken.next() == nil {
                        return
                    }
                } catch let fault as JournalFault {
                    await tell(.journal(fault))
                    guard case .full = fault else { return }
                    try await backOff(.batches)
                }
            }
        } catch {
            // Cancelled: the kiosk stops.
        }
    }

    /// The next batch: money before alarms before telemetry, but one in twenty the other way round.
    private func next(in group: inout DiscardingTaskGroup) throws(JournalFault) -> (Lane, Batch)? {
        let turned = sent % Pace.fairShare == Pace.fairShare - 1
        let order: [Lane] = turned ? [.telemetry, .alarms, .money] : [.money, .alarms, .telemetry]
        for lane in order {
            let state = lanes[lane, default: .fresh]
            let first =
                if let from = state.from { from } else { try journal.outbox(lane).acked + 1 }
            let events = try journal.events(
                lane, after: first - 1, events: state.eventsMax,
                bytes: Limits.batchBytes - Courier.envelopeBytes)
            guard !events.isEmpty else { continue }
            guard state.pausedUntilNs <= timekeeper.now.monotonicNs else {
                wakeUp(after: lane, in: &group)
                continue
            }
            return (lane, Batch(epoch: journal.epoch, lane: lane, events: events))
        }
        return nil
    }

    /// Room for what stands around the events of a batch.
    private static let envelopeBytes = 256
    /// Starts that the office may ask for until we stop following at once.
    private static let rewindsMax = 3

    /// One sleeper for each lane at most: its pause does not change while it waits.
    private func wakeUp(after lane: Lane, in group: inout DiscardingTaskGroup) {
        let state = lanes[lane, default: .fresh]
        guard !state.alarmSet else { return }
        lanes[lane, default: .fresh].alarmSet = true
        let pause = Duration.nanoseconds(state.pausedUntilNs - timekeeper.now.monotonicNs)
        group.addTask {
            guard (try? await self.timekeeper.sleep(for: pause)) != nil else { return }
            await self.pauseEnded(lane)
        }
    }

    private func pauseEnded(_ lane: Lane) {
        lanes[lane, default: .fresh].alarmSet = false
        wake.yield()
    }

    private func send(_ batch: Batch, of lane: Lane) async throws {
        sent += 1
        let answer: BatchAnswer
        do throws(OfficeFault) {
            answer = try await office.send(batch)
        } catch {
            return try await handle(error, of: batch)
        }
        guard let (first, last) = batch.ends, (first - 1...last).contains(answer.acked) else {
            // Believing it would lose entries that the office never had, or send for ever what it has.
            return try await distrust(
                "send \(lane.rawValue): expected an acknowledgement of what was sent, "
                    + "\(batch.range), got \(answer.acked)")
        }
        guard answer.acked >= first else {
            return try await distrust(
                "send \(lane.rawValue): expected progress beyond \(first - 1), got none")
        }
        try journal.acknowledge(lane, upTo: answer.acked)
        failures[.batches] = 0
        try await progress(lane, to: answer)
        await report(.reachable, by: .batches)
    }

    /// The office has more than before.
    private func progress(_ lane: Lane, to answer: BatchAnswer) async throws {
        let before = lanes[lane, default: .fresh]
        let known = try journal.outbox(lane).acked
        // An office that lost its end gets it again, up to where it had been before.
        let isBehind = answer.acked < known
        lanes[lane] = LaneState(
            from: isBehind ? answer.acked + 1 : nil, rewinds: isBehind ? before.rewinds : 0,
            eventsMax: before.eventsMax)
        pause(lane, for: .milliseconds(max(0, answer.nextAfterMs)))
        if before.stopped { await tell(.laneMoves(lane)) }
    }

    private func pause(_ lane: Lane, for pause: Duration) {
        let bounded = min(pause, Pace.pauseMax).components
        let until =
            timekeeper.now.monotonicNs + bounded.seconds * 1_000_000_000
            + bounded.attoseconds / 1_000_000_000
        // The office may have said before that a lane has to wait longer.
        lanes[lane, default: .fresh].pausedUntilNs = max(
            until, lanes[lane, default: .fresh].pausedUntilNs)
    }

    /// The office has no room for this lane now. Telemetry waits with the others; money and alarms wait for themselves only.
    private func turnAway(_ lane: Lane, for wait: Duration) async {
        await report(.reachable, by: .batches)
        failures[.batches] = 0
        let pause = backOff(count: lanes[lane, default: .fresh].turnedAway, atLeast: wait)
        lanes[lane, default: .fresh].turnedAway += 1
        self.pause(lane, for: pause)
        if lane != .telemetry { self.pause(.telemetry, for: pause) }
    }

    private func handle(_ fault: OfficeFault, of batch: Batch) async throws {
        switch fault {
        case .unreachable(let why):
            await report(.unreachable(why), by: .batches)
            try await backOff(.batches)
        case .untrusted(let why):
            await report(.untrusted(why), by: .batches)
            try await backOff(.batches)
        case .busy(let retryAfter):
            await turnAway(batch.lane, for: retryAfter)
        case .refused(let refusal):
            try await handle(refusal, of: batch)
        }
    }

    private func handle(_ refusal: Refusal, of batch: Batch) async throws {
        let (lane, first) = (batch.lane, batch.ends?.first ?? 1)
        switch refusal.code {
        case .expected:
            guard let seq = refusal.seq, (1..<first).contains(seq) else {
                return try await distrust(
                    "send \(lane.rawValue): expected to be told where to start before \(first), "
                        + "got \(refusal.seq.map(String.init) ?? "nothing")")
            }
            guard lanes[lane, default: .fresh].rewinds < Courier.rewindsMax else {
                return try await distrust(
                    "send \(lane.rawValue): expected one place to start, got another again and again"
                )
            }
            await report(.reachable, by: .batches)
            lanes[lane, default: .fresh].from = seq
            lanes[lane, default: .fresh].rewinds += 1
        case .badHash where lanes[lane, default: .fresh].doubted != (refusal.seq ?? first):
            // The next batch is read from the disk again.
            await report(.reachable, by: .batches)
            lanes[lane, default: .fresh].doubted = refusal.seq ?? first
        case .tooLarge where batch.events.count > 1:
            lanes[lane, default: .fresh].eventsMax = max(1, batch.events.count / 2)
        case .badHash, .changed, .malformed, .tooLarge, .mismatch:
            await stop(lane, refusal)
        case .forbidden:
            await report(.untrusted(refusal.reason), by: .batches)
            try await backOff(.batches)
        case .busy:
            await turnAway(lane, for: .zero)
        }
    }

    /// The lane stands still; it is tried again now and then, because only the office can tell that it may go on.
    private func stop(_ lane: Lane, _ refusal: Refusal) async {
        await report(.reachable, by: .batches)
        let first = !lanes[lane, default: .fresh].stopped
        (lanes[lane, default: .fresh].stopped, lanes[lane, default: .fresh].doubted) = (true, nil)
        pause(lane, for: Pace.backOffMax)
        if first { await tell(.laneStopped(lane, refusal.reason)) }
    }

    /// An answer that cannot be true changes nothing here; it is told, and the same is sent again later.
    private func distrust(_ sentence: String) async throws {
        await report(.unreachable(sentence), by: .batches)
        try await backOff(.batches)
    }
}

extension Batch {
    /// First and last sequence; nil for an empty batch, which is never sent.
    fileprivate var ends: (first: Int64, last: Int64)? {
        guard let first = events.first, let last = events.last else { return nil }
        return (first.seq, last.seq)
    }

    fileprivate var range: String { ends.map { "\($0.first) to \($0.last)" } ?? "nothing" }
}
