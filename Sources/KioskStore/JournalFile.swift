internal import Foundation
internal import GRDB
internal import Glibc
internal import KioskModel

/// Makes and opens the file of a journal. The only place where a journal is opened, because durability is decided here.
struct JournalFile {
    /// "KIOJ": tells a journal from any other SQLite file.
    static let applicationID = 0x4B49_4F4A
    let path: String

    /// True if there is nothing yet.
    ///
    /// - Throws: `.broken` when parts of a journal are there: SQLite would take a leftover write-ahead log for the new
    ///   file's own, and an empty file for a new one.
    func isMissing() throws(JournalFault) -> Bool {
        let files = FileManager.default
        if let facts = try? files.attributesOfItem(atPath: path) {
            guard (facts[.size] as? Int ?? 0) > 0 else {
                throw .broken(
                    "open journal: expected a journal in \(path), got an empty file. "
                        + "Restore it; only if the kiosk is to be set up anew, remove the file.")
            }
            return false
        }
        for leftover in [path + "-wal", path + "-journal"]
        where files.fileExists(atPath: leftover) {
            throw .broken(
                "open journal: expected \(path) beside \(leftover), got none. "
                    + "Restore the file; only if the kiosk is to be set up anew, remove the leftover."
            )
        }
        return true
    }

    /// Makes a whole journal under another name, then gives it its own: a power cut leaves a journal or none.
    func make(kiosk: KioskID, epoch: Epoch, at: Timestamp) throws(JournalFault) {
        let draft = path + ".new"
        for leftover in [draft, draft + "-journal"] { unlink(leftover) }
        // The file holds phone numbers: nobody but the kiosk's own user reads it.
        let descriptor = Glibc.open(draft, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw JournalFile.fault("make journal \(draft)") }
        close(descriptor)
        try attempt("make journal") {
            let database = try DatabaseQueue(path: draft)
            try JournalSchema.migrator.migrate(database)
            try database.write { connection in
                try JournalSchema.found(connection, kiosk: kiosk, epoch: epoch)
                var pen = JournalPen(connection, kiosk: kiosk, epoch: epoch, at: at)
                try pen.write(.journalOpened(kiosk: kiosk, epoch: epoch))
            }
            try database.close()
        }
        guard rename(draft, path) == 0 else { throw JournalFile.fault("name journal \(path)") }
        try syncFolder()
    }

    /// Opens for the one owner.
    ///
    /// - Parameter kiosk: whose journal it must be; nil: anybody's, for looking at it.
    func open(of kiosk: KioskID?) throws(JournalFault) -> (
        database: DatabaseQueue, kiosk: KioskID, epoch: Epoch
    ) {
        try attempt("open journal \(path)") {
            let database = try DatabaseQueue(path: path, configuration: configuration(of: kiosk))
            try makeDurable(database)
            try JournalSchema.migrator.migrate(database)
            let meta = try database.read { connection in try JournalSchema.meta(connection) }
            return (database, meta.kiosk, meta.epoch)
        }
    }

    private func configuration(of kiosk: KioskID?) -> Configuration {
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.prepareDatabase { connection in
            // One owner, and the index of the log in memory instead of a file of its own.
            // Source: SQLite "Write-Ahead Logging", 8.
            try connection.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
            // Before anything is written: a file that is not ours stays as it is.
            try JournalSchema.refuseForeign(connection, kiosk: kiosk)
        }
        return configuration
    }

    /// GRDB sets `synchronous = NORMAL` after opening with WAL, which loses acknowledged commits in a power cut.
    /// `FULL` has to come after that, outside a transaction, and is read back.
    private func makeDurable(_ database: DatabaseQueue) throws {
        try database.writeWithoutTransaction { connection in
            try connection.execute(sql: "PRAGMA synchronous = FULL")
            let level = try Int.fetchOne(connection, sql: "PRAGMA synchronous") ?? 0
            let mode = try String.fetchOne(connection, sql: "PRAGMA journal_mode") ?? "none"
            guard level >= 2, mode == "wal" else {
                throw JournalFault.notDurable(
                    "open journal: expected WAL with synchronous FULL (2), got \(mode) with \(level). "
                        + "No cash is taken without it; use a local disk.")
            }
            // What this process reads now may be in the kernel's memory only, if an earlier process died of a failed
            // fsync: copying the log into the file makes it durable before anything is built on it.
            try connection.execute(sql: "PRAGMA wal_checkpoint(FULL)")
            try connection.execute(sql: "PRAGMA journal_size_limit = \(JournalFile.logBytesMax)")
        }
    }

    /// What the write-ahead log shrinks to after a checkpoint.
    private static let logBytesMax = 4 * 1024 * 1024

    /// The new name is durable only with its folder. Source: fsync(2), notes.
    private func syncFolder() throws(JournalFault) {
        let folder = (path as NSString).deletingLastPathComponent
        let descriptor = Glibc.open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0 else { throw JournalFile.fault("open folder \(folder)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw JournalFile.fault("sync folder \(folder)") }
    }

    private static func fault(_ operation: String) -> JournalFault {
        let (code, text) = (errno, String(cString: strerror(errno)))
        let sentence =
            "\(operation): expected a folder that can be written, got \(text). "
            + "Check the path, its rights and the room on the disk."
        return code == ENOSPC ? .full(sentence) : .broken(sentence)
    }
}
