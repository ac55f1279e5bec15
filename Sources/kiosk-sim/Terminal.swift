internal import Glibc

/// Lines for the person at the terminal.
enum Terminal {
    static func say(_ line: String) { put(line, to: STDOUT_FILENO) }

    /// For what must not mix with an answer that another program reads.
    static func remark(_ line: String) { put(line, to: STDERR_FILENO) }

    private static func put(_ line: String, to file: Int32) {
        var bytes = Array((line + "\n").utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            // Nobody reads any more: there is nobody to tell.
            guard count > 0 || errno == EINTR else { return }
            bytes = bytes.dropFirst(max(0, count))
        }
    }
}

/// Something that keeps a command from doing its work, as a sentence.
struct Trouble: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }

    /// A failed system call: what was tried, why it failed, what to do.
    static func system(_ operation: String, _ remedy: String = "") -> Trouble {
        let why = String(cString: strerror(errno))
        return Trouble("\(operation): \(why)." + (remedy.isEmpty ? "" : " \(remedy)"))
    }
}
