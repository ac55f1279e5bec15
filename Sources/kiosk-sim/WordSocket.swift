internal import Glibc
internal import VirtualWorld

/// A Unix socket on which a running thing hears sentences: one line in, one line out, then closed.
///
/// The answer begins with `ok ` or `no `.
struct WordSocket {
    /// Bytes of a sentence or an answer.
    static let lineMax = 64 * 1024
    /// How long either side waits for the other.
    private static let patienceSeconds = 5
    private static let serverPatienceMs = 200

    let file: Int32
    private let path: String

    init(path: String) throws {
        // Another one of the same kind would answer for this one's cable.
        if let other = try? Socket.connect(unix: path) {
            close(other)
            throw Trouble(
                "\(path): another one runs here already. Stop it, or give another --state.")
        }
        self.path = path
        file = try Socket.listen(unix: path)
    }

    func end() {
        close(file)
        unlink(path)
    }

    /// Answers one waiting client. A client that says nothing in time is sent away.
    func serve(_ answer: (String) throws -> String) {
        let client = accept(file, nil, nil)
        guard client >= 0 else { return }
        defer { close(client) }
        WordSocket.setPatience(client, milliseconds: WordSocket.serverPatienceMs)
        guard let sentence = WordSocket.readLine(client) else { return }
        do {
            WordSocket.writeLine("ok " + (try answer(sentence)), to: client)
        } catch {
            WordSocket.writeLine("no \(error)", to: client)
        }
    }

    static func say(_ sentence: String, path: String, starter: String) throws -> String {
        guard let file = try? Socket.connect(unix: path) else {
            throw Trouble(
                "\(path): nobody listens there. Start it with `\(starter)` and the same --state.")
        }
        defer { close(file) }
        setPatience(file, milliseconds: patienceSeconds * 1000)
        writeLine(sentence, to: file)
        guard let answer = readLine(file) else {
            throw Trouble("\(path): expected an answer within \(patienceSeconds) s, got none")
        }
        guard answer.hasPrefix("ok ") else { throw Trouble(String(answer.dropFirst(3))) }
        return String(answer.dropFirst(3))
    }

    private static func setPatience(_ file: Int32, milliseconds: Int) {
        var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &time, size)
        setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &time, size)
    }

    private static func readLine(_ file: Int32) -> String? {
        var line: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while line.count <= lineMax {
            let count = read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            line += chunk.prefix(count)
            if let end = line.firstIndex(of: 0x0A) {
                return String(decoding: line[..<end], as: UTF8.self)
            }
        }
        return nil
    }

    private static func writeLine(_ line: String, to file: Int32) {
        var bytes = Array(line.split(separator: "\n").joined(separator: " ").utf8)[...] + [0x0A]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
