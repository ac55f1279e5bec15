internal import GRDB
internal import KioskModel

/// Makes and opens the file of a journal. The only place where a journal is opened, because durability is decided here.
struct JournalFile {
    /// "KIOJ": tells a journal from any other SQLite file.
    static let applicationID = 0x4B49_4F4A
    let path: String
    let folder: any Folder

    /// True if there is nothing yet.
    ///
    /// - Throws: `.broken` when parts of a journal are there: SQLite would take a leftover write-ahead log for the new
    ///   file's own, and an empty file for a new one.
    func isMissing() throws(JournalFault) -> Bool {
        if let bytes = folder.size(of: path) {
            guard bytes > 0 else {
                throw .broken(
                    "open journal: expected a journal in \(path), got an empty file. "
                        + "Restore it; only if the kiosk is to be set up anew, remove the file.")
            }
            return false
        }
        for leftover in [path + "-wal", path + "-journal"] where folder.size(of: leftover) != nil {
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
        // The file holds phone numbers: nobody but the kiosk's own user reads it.
        try name("make journal \(draft)") { () throws(FolderFault) in
            for leftover in [draft, draft + "-journal"] { try folder.remove(leftover) }
            try folder.make(draft)
        }
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
        try name("name journal \(path)") { () throws(FolderFault) in
            try folder.rename(draft, to: path)
            try folder.syncNames(beside: path)
        }
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
            try JournalFile.settleLog(connection)
            try connection.execute(sql: "PRAGMA journal_size_limit = \(JournalFile.logBytesMax)")
        }
    }

    /// What this process reads now may be in the kernel's memory only, if an earlier process died of a failed fsync: it is
    /// made durable before anything is built on it.
    ///
    /// Copying the log into the file is not enough. The old log is still on the disk, without its lost end; after a power
    /// cut it would be laid over the file again and take the end back. So a new log is begun, by a write that changes
    /// nothing, and its sync ends the old one.
    private static func settleLog(_ connection: Database) throws {
        let frames = try Row.fetchOne(connection, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        guard frames?[0] == 0 else {
            throw JournalFault.broken(
                "open journal: expected to be the file's only user, got another reader. "
                    + "Stop the other program that has it open.")
        }
        try connection.execute(sql: "PRAGMA application_id = \(applicationID)")
    }

    /// What the write-ahead log shrinks to after a checkpoint.
    private static let logBytesMax = 4 * 1024 * 1024

    private func name(_ operation: String, _ work: () throws(FolderFault) -> Void)
        throws(JournalFault)
    {
        do { try work() } catch {
            let sentence =
                "\(operation): expected a folder that can be written, got \(error.reason). "
                + "Check the path, its rights and the room on the disk."
            throw error.isFull ? .full(sentence) : .broken(sentence)
        }
    }
}
