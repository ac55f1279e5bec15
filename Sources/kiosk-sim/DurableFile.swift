internal import Glibc

/// Files that survive a kill at any moment: whole replacement, and appending lines.
enum DurableFile {
    /// The largest file that is read back.
    static let sizeMax = 64 * 1024 * 1024

    /// The whole file; nil when there is none.
    static func read(_ path: String) throws -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw Trouble.system("read \(path)")
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Trouble.system("read \(path)") }
            guard count > 0 else { return bytes }
            bytes += chunk.prefix(count)
            guard bytes.count <= sizeMax else {
                throw Trouble("read \(path): expected at most \(sizeMax) bytes")
            }
        }
    }

    /// The old content or the new one, never half of it.
    static func replace(_ path: String, with text: String) throws {
        let fresh = path + ".new"
        let file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Trouble.system("write \(fresh)") }
        defer { close(file) }
        try put(text, to: file, path: fresh)
        guard rename(fresh, path) == 0 else { throw Trouble.system("rename \(fresh)") }
        try syncFolder(of: path)
    }

    /// Opens for appending and cuts off a torn last line.
    static func openForAppending(_ path: String, keeping length: Int) throws -> Int32 {
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0, ftruncate(file, length) == 0 else { throw Trouble.system("open \(path)") }
        try syncFolder(of: path)
        return file
    }

    /// On the disk when it returns.
    static func put(_ text: String, to file: Int32, path: String) throws {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Trouble.system("write \(path)") }
            bytes = bytes.dropFirst(count)
        }
        guard fdatasync(file) == 0 else { throw Trouble.system("sync \(path)") }
    }

    private static func syncFolder(of path: String) throws {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let file = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Trouble.system("open folder \(folder)") }
        defer { close(file) }
        guard fsync(file) == 0 else { throw Trouble.system("sync folder \(folder)") }
    }
}
