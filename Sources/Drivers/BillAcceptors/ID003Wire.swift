internal import DeviceKit
internal import KioskModel

/// One transaction at a time over a link: a command out, the answer that fits it in.
///
/// Source: `Portalum/Portalum.Id003` (MIT), Id003Client: question, answer, ACK 50.
struct ID003Wire {
    let link: any ByteLink
    /// To the first byte of an answer.
    let replyTimeout: Duration
    /// The link returns every byte that is sent (half-duplex wiring): exactly those are dropped in each transaction.
    /// Otherwise STATUS (11) would read as *idling* and RESET (40) as *power-up*.
    var echoes = false

    /// Silence inside a frame that ends it. A USB bridge may hold bytes for 16 ms, a busy machine longer.
    private static let interByteTimeout: Duration = .milliseconds(50)
    /// The longest frame, its echo and some noise; more in one transaction is a babbling line.
    private static let receivedMax = 1024

    /// Sends a command and answers what came for it. Whatever does not fit is passed over: noise, damaged frames,
    /// doubled and late answers to earlier commands.
    ///
    /// - Throws: the link's fault when the device is gone; the caller reopens.
    func exchange(_ command: ID003Command) async throws(Fault) -> ID003Reply {
        let bytes = command.frame.bytes
        return try await collect(after: bytes, drop: echoes ? bytes.count : 0) {
            (data) -> ID003Reply? in
            command.takes(data) ? ID003Reply(data, to: command) : nil
        }.answer ?? .nothing
    }

    /// What the first transaction tells of a link.
    enum Presence {
        /// No answer; bytes that came and are no frame, for the person who must find out what speaks there.
        case silent(strange: [UInt8])
        /// Only our own bytes come back: no unit at the other end.
        case echoOnly
        case unit(ID003Reply, echoes: Bool)
    }

    /// VERSION (88) is the first thing sent, because no answer of a unit looks like it: if it comes back, the link echoes.
    func probe() async throws(Fault) -> Presence {
        let command = ID003Command.version
        var echoes = false
        let heard = try await collect(after: command.frame.bytes, drop: 0) {
            (data) -> ID003Reply? in
            if data == command.frame.data { echoes = true }
            return command.takes(data) ? ID003Reply(data, to: command) : nil
        }
        guard let reply = heard.answer else {
            return echoes ? .echoOnly : .silent(strange: heard.strange)
        }
        return .unit(reply, echoes: echoes)
    }

    /// Sends bytes, drops so many of what comes, and shows every frame to `judge` until it takes one.
    private func collect<Answer>(
        after request: [UInt8], drop: Int, _ judge: ([UInt8]) -> Answer?
    ) async throws(Fault) -> (answer: Answer?, strange: [UInt8]) {
        try await link.discardInput()
        try await link.write(request)
        var (received, strange, used, left): ([UInt8], [UInt8], Int, Int) = ([], [], 0, drop)
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
                while let data = Self.nextFrame(&received, &strange) {
                    if let answer = judge(data) { return (answer, strange) }
                }
                if ended, !received.isEmpty { strange.append(received.removeFirst()) }
            } while ended && !received.isEmpty
            if ended { break }
        }
        return (nil, strange)
    }

    /// Tells the unit that its VEND VALID has been taken. Nothing answers an ACK.
    func acknowledge() async throws(Fault) {
        let bytes = ID003Frame(data: [0x50]).bytes
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
    private static func nextFrame(_ received: inout [UInt8], _ strange: inout [UInt8]) -> [UInt8]? {
        while true {
            switch ID003Frame.piece(of: received[...]) {
            case .frame(let frame, let length):
                received.removeFirst(length)
                return frame.data
            case .noise(let count):
                strange += received.prefix(count)
                received.removeFirst(count)
            case .incomplete: return nil
            }
        }
    }
}
