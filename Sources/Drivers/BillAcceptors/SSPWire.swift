internal import DeviceKit
internal import KioskModel

/// One transaction at a time over a link: a packet out, the answer to it in.
///
/// Source: ITL GA138 SSP Protocol Manual 2.2, transport layer: an answer has the sequence bit of its command, and a unit
/// that gets the same bit again only says its last answer again. So a retry is the same bytes, and a new command never is.
struct SSPWire {
    /// A command as it was sent, byte for byte.
    struct Packet: Sendable {
        let command: SSPCommand
        let frame: SSPFrame
        /// For the answer; nil when the packet went in clear.
        let cipher: SSPCipher?
    }

    let link: any ByteLink
    /// To the first byte of an answer. Source: GA138: 1 s.
    let replyTimeout: Duration
    /// A packet is sent so often. Source: GA138: 20 retries; a note in escrow cannot wait for so many.
    let attemptsMax: Int
    /// The link returns every byte that is sent: exactly those are dropped.
    var echoes = false
    /// Nil: in clear.
    var cipher: SSPCipher?
    /// That of the next packet.
    var sequence = true

    /// Silence inside a packet that ends it; a USB bridge may hold bytes for 16 ms, a busy machine longer.
    private static let interByteTimeout: Duration = .milliseconds(50)
    /// The longest packet, stuffed, and its echo; more in one transaction is a babbling line.
    private static let receivedMax = 2048

    mutating func packet(_ command: SSPCommand, random: () -> UInt64) -> Packet {
        var data = command.data
        if command.isEncryptable, cipher != nil {
            data = cipher?.seal(data, random: random) ?? data
        }
        defer { sequence.toggle() }
        return Packet(
            command: command, frame: SSPFrame(sequence: sequence, data: data),
            cipher: command.isEncryptable ? cipher : nil)
    }

    /// Sends a packet until it is answered; nil when it never is. What does not fit is passed over: noise, damaged
    /// packets, and answers to other commands.
    ///
    /// - Throws: the link's fault when the device is gone; the caller reopens.
    func deliver(_ packet: Packet) async throws(Fault) -> SSPReply? {
        try await link.discardInput()
        for attempt in 1...attemptsMax {
            var heard = Heard(left: echoes ? packet.frame.bytes.count : 0)
            try await link.write(packet.frame.bytes)
            if let reply = try await listen(&heard, { reply(to: packet, $0) }) {
                try await passOver(attempt - 1, &heard, packet)
                return reply
            }
        }
        return nil
    }

    /// What the first transaction tells of a link.
    enum Presence {
        case unit(echoes: Bool)
        case silent
        /// Only our own bytes come back.
        case echoOnly
        /// So many bytes that are no SSP.
        case strange(Int)
    }

    /// SYNC is the first thing sent, because no answer of a unit looks like it: if it comes back, the link echoes. The
    /// sequence begins anew with it.
    mutating func probe(firstSequence: Bool) async throws(Fault) -> Presence {
        let frame = SSPFrame(sequence: true, data: SSPCommand.sync.data)
        (cipher, echoes, sequence) = (nil, false, firstSequence)
        var (heard, echoed) = (Heard(left: 0), false)
        try await link.discardInput()
        try await link.write(frame.bytes)
        let reply = try await listen(&heard) { answer -> SSPReply? in
            if answer.data == frame.data { echoed = true }
            return answer.address == frame.address ? SSPReply(answer.data) : nil
        }
        if reply != nil {
            echoes = echoed
            return .unit(echoes: echoed)
        }
        if echoed { return .echoOnly }
        return heard.total > 0 ? .strange(heard.total) : .silent
    }

    /// What has come in one transaction.
    private struct Heard {
        /// So many bytes of our own are still to come back.
        var left: Int
        var total = 0
        var reader = SSPFrameReader()
        var frames: [SSPFrame] = []
    }

    private func reply(to packet: Packet, _ answer: SSPFrame) -> SSPReply? {
        guard answer.sequence == packet.frame.sequence, answer.address == packet.frame.address,
            answer.data != packet.frame.data
        else { return nil }
        guard let cipher = packet.cipher else { return SSPReply(answer.data) }
        if let data = cipher.open(answer.data) { return SSPReply(data) }
        // A unit without a key says so in clear; a credit in clear is none.
        switch SSPReply(answer.data) {
        case .ok, nil: return nil
        case let refusal: return refusal
        }
    }

    /// Shows each packet that comes to `judge` until it takes one.
    private func listen(_ heard: inout Heard, _ judge: (SSPFrame) -> SSPReply?)
        async throws(Fault) -> SSPReply?
    {
        while heard.total < Self.receivedMax {
            let more = try await link.read(
                within: heard.reader.isInside ? Self.interByteTimeout : replyTimeout)
            guard !more.isEmpty else { return nil }
            heard.total += more.count
            for byte in more {
                guard heard.left == 0 else {
                    heard.left -= 1
                    continue
                }
                if let frame = heard.reader.take(byte) { heard.frames.append(frame) }
            }
            while !heard.frames.isEmpty {
                if let reply = judge(heard.frames.removeFirst()) { return reply }
            }
        }
        return nil
    }

    /// Each retry may be answered as well, late: such an answer must not be taken for that of the command after next, which
    /// has the same sequence bit.
    private func passOver(_ count: Int, _ heard: inout Heard, _ packet: Packet)
        async throws(Fault)
    {
        for _ in 0..<count {
            guard try await listen(&heard, { reply(to: packet, $0) }) != nil else { return }
        }
    }
}
