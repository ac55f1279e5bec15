internal import DeviceKit
internal import KioskModel

/// One transaction at a time over a link: a command out, the answer that fits it in.
///
/// Source: CCNET Common Specifications 2.6.0, transport and timing.
struct CCNETWire {
    let link: any ByteLink
    /// To the first byte of an answer.
    let replyTimeout: Duration
    /// The link returns every byte that is sent (half-duplex wiring): exactly those are dropped in each transaction.
    var echoes = false

    /// Silence inside a frame that ends it. CCNET allows 5 ms; a USB bridge may hold bytes for 16, a busy machine longer.
    private static let interByteTimeout: Duration = .milliseconds(50)
    /// The longest frame, its echo and some noise; more in one transaction is a babbling line.
    private static let receivedMax = 1024

    /// Sends a command and answers what came for it. Whatever does not fit is passed over: noise, damaged frames,
    /// doubled and late answers to earlier commands.
    ///
    /// - Throws: the link's fault when the device is gone; the caller reopens.
    func exchange(_ command: CCNETCommand) async throws(Fault) -> CCNETReply {
        let request = command.frame
        // ILLEGAL COMMAND (30) reads like an echoed RESET (30): believed only when nothing better follows.
        var doubted: CCNETReply?
        let reply = try await collect(after: request, drop: echoes ? request.bytes.count : 0) {
            (data) -> CCNETReply? in
            if !echoes, data == request.data {
                if command == .reset { doubted = .illegal }
                return nil
            }
            return command.takes(data) ? CCNETReply(data) : nil
        }
        return reply ?? doubted ?? .nothing
    }

    /// What the first transaction tells of a link.
    enum Presence {
        case silent
        /// Only our own bytes come back: no unit at the other end.
        case echoOnly
        case unit(CCNETReply, echoes: Bool)
    }

    /// IDENTIFICATION (37) is the first thing sent, because no answer of a unit looks like it: if it comes back, the link
    /// echoes.
    func probe() async throws(Fault) -> Presence {
        let command = CCNETCommand.identification
        var echoes = false
        let reply = try await collect(after: command.frame, drop: 0) { data -> CCNETReply? in
            if data == command.frame.data { echoes = true }
            return command.takes(data) ? CCNETReply(data) : nil
        }
        guard let reply else { return echoes ? .echoOnly : .silent }
        return .unit(reply, echoes: echoes)
    }

    /// Sends a frame, drops so many bytes, and shows every frame that comes to `judge` until it takes one.
    private func collect<Answer>(
        after request: CCNETFrame, drop: Int, _ judge: ([UInt8]) -> Answer?
    ) async throws(Fault) -> Answer? {
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
                while let data = Self.nextFrame(&received) {
                    if let answer = judge(data) { return answer }
                }
                if ended, !received.isEmpty { received.removeFirst() }
            } while ended && !received.isEmpty
            if ended { return nil }
        }
        return nil
    }

    /// Tells the unit that its answer has been taken. Nothing answers an ACK.
    func acknowledge() async throws(Fault) {
        let bytes = CCNETFrame(data: [0x00]).bytes
        try await link.write(bytes)
        guard echoes else { return }
        var left = bytes.count
        while left > 0 {
            let more = try await link.read(within: replyTimeout)
            guard !more.isEmpty else { return }
            left -= more.count
        }
    }

    /// Takes the next whole frame out of what was received, and all noise before it.
    private static func nextFrame(_ received: inout [UInt8]) -> [UInt8]? {
        while true {
            switch CCNETFrame.piece(of: received[...]) {
            case .frame(let frame, let length):
                received.removeFirst(length)
                return frame.data
            case .noise(let count): received.removeFirst(count)
            case .incomplete: return nil
            }
        }
    }
}
