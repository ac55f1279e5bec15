internal import Glibc
internal import KioskModel
internal import Machine

/// A TCP relay in one thread: passes bytes on, slowly if told so, or refuses everybody.
struct Relay {
    enum Mode: String {
        case up
        /// Every byte arrives late.
        case slow
        /// The office hears everything, and what it says is lost. Who lost something is cut off when that ends.
        case mute
        /// Connections end at once and new ones are refused.
        case down
    }

    /// Connections at one time; more are closed at once.
    private static let pairsMax = 256
    /// Bytes on their way in one direction; then the sender waits.
    private static let bufferMax = 256 * 1024
    private static let slowNs: Int64 = 700_000_000
    private static let tickMs: Int32 = 100

    private let from: Socket.Address
    private let to: Socket.Address
    private let clock = MachineTime()
    private var mode = Mode.up
    private var listener: Int32?
    private var pairs: [Pair] = []

    init(from: Socket.Address, to: Socket.Address) throws {
        (self.from, self.to) = (from, to)
        listener = try Socket.listen(from)
    }

    mutating func end() {
        for pair in pairs { pair.end() }
        pairs = []
        if let listener { close(listener) }
        listener = nil
    }

    /// Waits for whatever happens first, at most 100 ms, and does it.
    mutating func turn(_ words: WordSocket) {
        var watched = [pollfd(fd: words.file, events: Int16(POLLIN), revents: 0)]
        if let listener { watched.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0)) }
        for pair in pairs { watched += pair.watched }
        let waits = pairs.contains { $0.hasDelayed } ? 10 : Self.tickMs
        guard poll(&watched, nfds_t(watched.count), waits) >= 0 else { return }
        if watched[0].revents != 0 { hear(words) }
        if let listener { acceptAll(listener) }
        let nowNs = clock.now.monotonicNs
        let delayNs = mode == .slow ? Self.slowNs : 0
        for place in pairs.indices {
            pairs[place].move(
                nowNs: nowNs, delayNs: delayNs, bufferMax: Self.bufferMax, isMute: mode == .mute)
        }
        for pair in pairs where pair.isOver { pair.end() }
        pairs.removeAll { $0.isOver }
    }

    /// Done before it is answered: who says "down" may count on it.
    private mutating func hear(_ words: WordSocket) {
        words.serve { sentence in
            guard let mode = Mode(rawValue: sentence) else {
                throw Trouble(
                    "network: expected down, up, slow or mute, got `\(sentence.prefix(40))`")
            }
            try become(mode)
            return mode.rawValue
        }
    }

    private mutating func become(_ mode: Mode) throws {
        self.mode = mode
        if mode != .mute {
            for pair in pairs where pair.hasLost { pair.end() }
            pairs.removeAll { $0.hasLost }
        }
        if mode == .down { end() } else if listener == nil { listener = try Socket.listen(from) }
    }

    private mutating func acceptAll(_ listener: Int32) {
        while true {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { return }
            guard pairs.count < Self.pairsMax, let server = Socket.beginConnect(to) else {
                close(client)
                continue
            }
            Socket.setNonblocking(client)
            pairs.append(Pair(client: client, server: server))
        }
    }
}

/// One relayed connection.
private struct Pair {
    private var there: Way
    private var back: Way

    init(client: Int32, server: Int32) {
        there = Way(from: client, to: server)
        back = Way(from: server, to: client)
    }

    func end() {
        close(there.from)
        close(there.to)
    }

    var hasDelayed: Bool { there.hasDelayed || back.hasDelayed }

    var watched: [pollfd] {
        [there, back].filter { !$0.ended }.map {
            pollfd(fd: $0.from, events: Int16(POLLIN), revents: 0)
        }
    }

    /// Bytes of an answer are gone: what comes after them means nothing.
    var hasLost: Bool { back.hasLost }

    mutating func move(nowNs: Int64, delayNs: Int64, bufferMax: Int, isMute: Bool) {
        there.take(atNs: nowNs + delayNs, bufferMax: bufferMax)
        back.take(atNs: nowNs + delayNs, bufferMax: bufferMax, loses: isMute)
        there.give(nowNs: nowNs)
        back.give(nowNs: nowNs)
    }

    var isOver: Bool { there.broken || back.broken || (there.told && back.told) }
}

/// One direction of a relayed connection.
private struct Way {
    private struct Piece {
        let atNs: Int64
        var bytes: ArraySlice<UInt8>
    }

    let from: Int32
    let to: Int32
    private var pieces: [Piece] = []
    /// The sender has said everything.
    private(set) var ended = false
    /// And the receiver was told.
    private(set) var told = false
    private(set) var broken = false
    private(set) var hasLost = false

    init(from: Int32, to: Int32) { (self.from, self.to) = (from, to) }

    var hasDelayed: Bool { !pieces.isEmpty }

    mutating func take(atNs: Int64, bufferMax: Int, loses: Bool = false) {
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        while !ended, pieces.reduce(0, { $0 + $1.bytes.count }) < bufferMax {
            let count = read(from, &chunk, chunk.count)
            if count > 0, loses {
                hasLost = true
            } else if count > 0 {
                pieces.append(Piece(atNs: atNs, bytes: chunk.prefix(count)))
            } else if count == 0 {
                ended = true
            } else {
                // ENOTCONN: the way to the office is still being made.
                if errno != EAGAIN, errno != EINTR, errno != ENOTCONN { broken = true }
                return
            }
        }
    }

    mutating func give(nowNs: Int64) {
        while let first = pieces.first, first.atNs <= nowNs {
            let count = first.bytes.withUnsafeBytes {
                send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else {
                if errno != EAGAIN, errno != EINTR, errno != ENOTCONN { broken = true }
                return
            }
            pieces[0].bytes = first.bytes.dropFirst(count)
            if pieces[0].bytes.isEmpty { pieces.removeFirst() }
        }
        if ended, pieces.isEmpty, !told {
            shutdown(to, Int32(SHUT_WR))
            told = true
        }
    }
}
