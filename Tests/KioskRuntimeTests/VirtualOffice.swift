import Foundation
import KioskModel
import OfficeProtocol

/// The far end of the network: keeps the protocol, unless it was told what to say instead.
actor VirtualOffice: OfficeConnection {
    /// What a batch is answered with, instead of the truth.
    enum Word: Sendable {
        case unreachable, untrusted, busy(Duration)
        case acked(Int64), pace(milliseconds: Int)
        case refuse(Refusal.Code, seq: Int64?)
        /// The batch is taken, the answer is lost on its way.
        case answerLost
    }

    let timekeeper: any Timekeeper
    /// What it has, by lane.
    private(set) var events: [Lane: [BatchEvent]] = [:]
    /// Every batch that arrived, and when.
    private(set) var arrivals: [(lane: Lane, first: Int64, count: Int, atNs: Int64)] = []
    private(set) var polls: [(after: Int64, atNs: Int64)] = []
    private var script: [Word] = []
    /// The word for every batch once the script is said.
    private var always: Word?
    private var commands: [[Command]] = []
    private var alwaysCommands: [Command]?

    init(timekeeper: any Timekeeper) { self.timekeeper = timekeeper }

    func say(_ words: [Word]) { script += words }
    func say(always word: Word?) { always = word }
    func say(commands answers: [[Command]]) { commands += answers }
    func say(alwaysCommands answer: [Command]?) { alwaysCommands = answer }
    func forget(_ lane: Lane, after seq: Int) {
        events[lane] = Array(events[lane]?.prefix(seq) ?? [])
    }
    func seqs(_ lane: Lane) -> [Int64] { events[lane, default: []].map(\.seq) }

    func send(_ batch: Batch) async throws(OfficeFault) -> BatchAnswer {
        await rest(.milliseconds(20))
        let first = batch.events.first?.seq ?? 0
        arrivals.append((batch.lane, first, batch.events.count, timekeeper.now.monotonicNs))
        let word = script.isEmpty ? always : script.removeFirst()
        switch word {
        case .unreachable: throw .unreachable("no route")
        case .untrusted: throw .untrusted("certificate of another kiosk")
        case .busy(let duration): throw .busy(retryAfter: duration)
        case .acked(let seq): return BatchAnswer(acked: seq, nextAfterMs: 0)
        case .refuse(let code, let seq): throw .refused(Refusal(code, "\(code.rawValue)", seq: seq))
        case .pace(let milliseconds): return try take(batch, nextAfterMs: milliseconds)
        case .answerLost:
            _ = try take(batch, nextAfterMs: 0)
            throw .unreachable("connection reset")
        case nil: return try take(batch, nextAfterMs: 0)
        }
    }

    private func take(_ batch: Batch, nextAfterMs: Int) throws(OfficeFault) -> BatchAnswer {
        var known = events[batch.lane, default: []]
        for event in batch.events {
            if event.seq <= known.count {
                guard known[Int(event.seq) - 1] == event else {
                    throw .refused(Refusal(.changed, "other bytes", seq: event.seq))
                }
                continue
            }
            guard event.seq == known.count + 1 else {
                throw .refused(Refusal(.expected, "too late", seq: Int64(known.count + 1)))
            }
            if let previous = known.last?.hash,
                HashChain.next(after: previous, body: event.body) != event.hash
            {
                throw .refused(Refusal(.badHash, "hash", seq: event.seq))
            }
            known.append(event)
        }
        events[batch.lane] = known
        return BatchAnswer(acked: Int64(known.count), nextAfterMs: nextAfterMs)
    }

    func ask(_ question: Question) async throws(OfficeFault) -> Answer {
        throw .unreachable("nobody there")
    }

    func commands(epoch: Epoch, after number: Int64) async throws(OfficeFault) -> [Command] {
        polls.append((number, timekeeper.now.monotonicNs))
        if !commands.isEmpty { return commands.removeFirst() }
        if let alwaysCommands { return alwaysCommands }
        await rest(Limits.longPoll)
        return []
    }

    private func rest(_ duration: Duration) async {
        // Cancelled: the kiosk has gone.
        try? await timekeeper.sleep(for: duration)
    }
}
