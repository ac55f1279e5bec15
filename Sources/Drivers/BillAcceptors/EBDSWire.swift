internal import DeviceKit
internal import KioskModel

/// One transaction at a time over a link: a message out, the answer with the same toggle bit in.
///
/// Nothing is acknowledged by the wire itself: the bit turns only when `accept` is called, after what the answer said has
/// been dealt with. Until then the same bit is sent, and the unit says the same again.
///
/// Source: `decapod-atm/ebds` and `PyramidTechnologies/PTI.Rs232Validator` (both MIT): control byte, toggle bit, retry.
struct EBDSWire {
    let link: any ByteLink
    /// To the first byte of an answer.
    let replyTimeout: Duration
    /// The link returns every byte that is sent (half-duplex wiring): exactly those are dropped in each transaction.
    var echoes = false
    private(set) var toggle = false

    /// Silence inside a frame that ends it. A USB bridge may hold bytes for 16 ms, a busy machine longer.
    private static let interByteTimeout: Duration = .milliseconds(50)
    /// The longest frame, its echo and some noise; more in one transaction is a babbling line.
    private static let receivedMax = 1024

    init(link: any ByteLink, replyTimeout: Duration) {
        (self.link, self.replyTimeout) = (link, replyTimeout)
    }

    /// What the last answer said is dealt with: the next message lets the unit forget it.
    mutating func accept() { toggle.toggle() }

    /// Sends a command and answers what came for it. Whatever does not fit is passed over: noise, damaged frames, answers
    /// with the other bit.
    ///
    /// - Throws: the link's fault when the device is gone; the caller reopens.
    func exchange(_ command: EBDSCommand) async throws(Fault) -> EBDSReply {
        let request = command.frame(toggle: toggle)
        var isStale = false
        let reply = try await collect(after: request, drop: echoes ? request.bytes.count : 0) {
            (frame) -> EBDSReply? in
            guard frame.toggle == toggle, command.isAnswer(frame) else { return nil }
            if command.takes(frame) { return EBDSReply(frame) }
            isStale = !EBDSReply(frame).hasEvent
            return nil
        }
        return reply.answer ?? (isStale ? .stale : .nothing)
    }

    /// What the first transaction tells of a link.
    enum Presence {
        case silent
        /// Only our own bytes come back: no unit at the other end.
        case echoOnly
        /// So many bytes came, and no frame is in them: another protocol, or other line settings.
        case strange(Int)
        /// A unit that says again what it answered to another message.
        case stale
        case unit(EBDSReply, echoes: Bool)
    }

    /// A poll is the first thing sent: no unit answers with a frame of the host's kind, so one that comes is an echo.
    func probe(_ wish: EBDSWish) async throws(Fault) -> Presence {
        let command = EBDSCommand.poll(wish)
        let request = command.frame(toggle: toggle)
        var (echoes, isStale) = (false, false)
        let reply = try await collect(after: request, drop: 0) { frame -> EBDSReply? in
            if frame == request { echoes = true }
            guard frame.toggle == toggle, command.isAnswer(frame) else { return nil }
            if command.takes(frame) { return EBDSReply(frame) }
            isStale = true
            return nil
        }
        if let answer = reply.answer { return .unit(answer, echoes: echoes) }
        if isStale { return .stale }
        if echoes { return .echoOnly }
        return reply.received == 0 ? .silent : .strange(reply.received)
    }

    /// Sends without waiting for an answer.
    func write(_ command: EBDSCommand) async throws(Fault) {
        try await link.write(command.frame(toggle: toggle).bytes)
    }

    /// Sends a frame, drops so many bytes, and shows every frame that comes to `judge` until it takes one.
    private func collect<Answer>(
        after request: EBDSFrame, drop: Int, _ judge: (EBDSFrame) -> Answer?
    ) async throws(Fault) -> (answer: Answer?, received: Int) {
        try await link.discardInput()
        try await link.write(request.bytes)
        var (received, used, left): ([UInt8], Int, Int) = ([], 0, drop)
        while used < Self.receivedMax {
            let more = try await link.read(
                within: received.isEmpty ? replyTimeout : Self.interByteTimeout)
            used += more.count
            let dropped = min(left, more.count)
            left -= dropped
            received += more.dropFirst(dropped)
            // Silence: what looked like the beginning of a frame was none; one may stand behind it.
            let ended = more.isEmpty
            repeat {
                while let frame = Self.nextFrame(&received) {
                    if let answer = judge(frame) { return (answer, used) }
                }
                if ended, !received.isEmpty { received.removeFirst() }
            } while ended && !received.isEmpty
            if ended { return (nil, used) }
        }
        return (nil, used)
    }

    /// Takes the next whole frame out of what was received, and all noise before it.
    private static func nextFrame(_ received: inout [UInt8]) -> EBDSFrame? {
        while true {
            switch EBDSFrame.piece(of: received[...]) {
            case .frame(let frame, let length):
                received.removeFirst(length)
                return frame
            case .noise(let count): received.removeFirst(count)
            case .incomplete: return nil
            }
        }
    }
}
