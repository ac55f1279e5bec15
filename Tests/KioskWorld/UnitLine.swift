internal import DeviceKit
internal import KioskModel
public import VirtualWorld

/// The bill acceptor of the world, at the far end of its line. People and the checker see it; a kiosk gets a `LifeLine`.
public final class UnitLine: @unchecked Sendable {
    private var validator = VirtualValidator()
    private let time: VirtualScheduler
    private let stage: Stage
    /// Rings whenever somebody does something to the unit.
    let bell = VirtualScheduler.Bell()
    fileprivate var isOpen = false
    fileprivate var coming: [VirtualValidator.Reply] = []
    /// Told of every command but the everyday ones: its code, and the answer before it.
    var onCommand: ((UInt8, UInt8) -> Void)?
    /// Questions in a row that were answered as the ones before.
    private(set) var quietTurns = 0
    private var lastAnswer: [UInt8] = []
    /// The last question was answered, and the answer understood.
    private var isAnswered = true

    init(time: VirtualScheduler, stage: Stage) { (self.time, self.stage) = (time, stage) }

    /// Says a sentence to the unit: "notes 50 20", "fault jam-stacker", "unplug".
    @discardableResult
    public func say(_ words: String) throws -> String {
        let answer = try validator.say(words, at: time.nowNs)
        if !validator.isPlugged { coming = [] }
        stage.tell("hand", words)
        stir()
        return answer
    }

    /// Where every note is now.
    public var truth: ValidatorTruth { validator.truth(at: time.nowNs) }

    var nextChangeNs: Int64? { validator.nextChangeNs }

    /// Something will change soon: the driver is not to sleep longer than it wants.
    func stir() {
        quietTurns = 0
        time.ring(bell)
    }

    fileprivate var isPlugged: Bool { validator.isPlugged }

    fileprivate func take(_ bytes: [UInt8]) {
        coming += validator.receive(bytes, at: time.nowNs)
    }

    fileprivate func arrived() -> [UInt8] {
        let nowNs = time.nowNs
        guard coming.contains(where: { $0.atNs <= nowNs }) else { return [] }
        let bytes = coming.filter { $0.atNs <= nowNs }.flatMap(\.bytes)
        coming.removeAll { $0.atNs <= nowNs }
        return bytes
    }

    // CCNET's POLL and ACK are everyday; everything else is a moment. Source: CCNET 2.6.0, command set.

    fileprivate func noteCommand(_ bytes: [UInt8]) {
        let command = bytes.count > 3 ? bytes[3] : 0
        // Who asks again without an acknowledgement has heard nothing, and counts.
        if command != 0x00, !isAnswered { quietTurns = 0 }
        isAnswered = command == 0x00
        let endsNote = command == 0x00 && UnitLine.isNoteEnd(lastAnswer)
        if command != 0x33, command != 0x00 || endsNote {
            quietTurns = 0
            onCommand?(command, lastAnswer.count > 3 ? lastAnswer[3] : 0)
            stage.reach(.command, UnitLine.text(bytes))
        }
    }

    fileprivate func noteAnswer(_ bytes: [UInt8]) {
        guard bytes != lastAnswer else { return quietTurns += 1 }
        quietTurns = 0
        lastAnswer = bytes
        stage.reach(.event, UnitLine.text(bytes))
    }

    private static func isNoteEnd(_ frame: [UInt8]) -> Bool {
        frame.count > 3 && (frame[3] == 0x81 || frame[3] == 0x82)
    }

    private static func text(_ bytes: [UInt8]) -> String {
        bytes.dropFirst(3).dropLast(2).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined(separator: " ")
    }
}

/// The line as one process of the kiosk holds it; a dead process moves nothing any more.
final class LifeLine: ByteLink, @unchecked Sendable {
    private let unit: UnitLine
    private let pulse: Pulse
    private let time: VirtualScheduler

    init(unit: UnitLine, pulse: Pulse, time: VirtualScheduler) {
        (self.unit, self.pulse, self.time) = (unit, pulse, time)
    }

    func open() async throws(Fault) {
        try check("open")
        (unit.isOpen, unit.coming) = (true, [])
    }

    func close() async { if pulse.isAlive { unit.isOpen = false } }

    func write(_ bytes: [UInt8]) async throws(Fault) {
        try checkOpen("write to")
        unit.noteCommand(bytes)
        // Power may have failed at this very moment.
        try checkOpen("write to")
        unit.take(bytes)
    }

    func read(within limit: Duration) async throws(Fault) -> [UInt8] {
        let endNs = time.nowNs + limit.nanoseconds
        while true {
            try checkOpen("read")
            let bytes = unit.arrived()
            if !bytes.isEmpty {
                unit.noteAnswer(bytes)
                try checkOpen("read")
                return bytes
            }
            guard endNs > time.nowNs else { return [] }
            let until = min(endNs, unit.coming.map(\.atNs).min() ?? endNs)
            do { try await time.sleep(for: .nanoseconds(until - time.nowNs)) } catch { return [] }
        }
    }

    func discardInput() async throws(Fault) {
        try checkOpen("clear")
        _ = unit.arrived()
    }

    private func check(_ verb: String) throws(Fault) {
        guard pulse.isAlive, unit.isPlugged else {
            throw Fault(
                .communication, .maintenance, operation: "\(verb) serial line",
                expected: "a device", got: "got none", remedy: "Plug the acceptor's cable in.")
        }
    }

    private func checkOpen(_ verb: String) throws(Fault) {
        try check(verb)
        guard unit.isOpen else {
            throw Fault(
                .communication, .reset, operation: "\(verb) serial line",
                expected: "an open line", got: "it is closed", remedy: "Open it first.")
        }
    }
}

extension Duration {
    /// Whole nanoseconds.
    var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
