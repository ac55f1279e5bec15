internal import GRDB

/// The office's one SQLite file. Calls are synchronous: what `write` returned is on the disk.
struct Store: Sendable {
    /// Why the file did not do what was asked.
    enum Trouble: Error {
        /// No room: nothing was written, later attempts may succeed.
        case full(String)
        /// The state of the disk is not known any more: the process ends and starts from what the disk really holds.
        case broken(String)
    }

    /// "KOFF": marks the file as an office's. Source: sqlite.org pragma application_id.
    static let applicationID: Int64 = 0x4B4F_4646
    /// How long one call waits for a reader of another process.
    private static let busyMax = 5.0
    private let queue: DatabaseQueue

    /// Opens or makes the file, and refuses one that is not ours, is of a later version, or cannot be made durable.
    init(path: String) throws(OfficeTrouble) {
        do {
            var configuration = Configuration()
            configuration.journalMode = .wal
            configuration.busyMode = .timeout(Store.busyMax)
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.inDatabase(Store.refuseForeign)
            // GRDB sets NORMAL while it opens a WAL database, after every hook of ours: a power cut would then lose what was
            // acknowledged. So FULL is set here, and read back.
            try queue.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
                try Store.assertDurable(db)
                try Store.settleLog(db)
            }
            try Schema.migrator.migrate(queue)
            try queue.inDatabase(Store.assertDurable)
        } catch let trouble as OfficeTrouble {
            throw trouble
        } catch {
            throw .database(
                "open office database: expected a SQLite file that can be written, got \(error). "
                    + "Check the path, its owner and the disk.")
        }
    }

    /// One transaction. An error of the body or of the disk undoes all of it.
    func write<Value>(_ body: (Database) throws -> Value) throws(Trouble) -> Value {
        do { return try queue.write(body) } catch { throw Store.trouble(of: error) }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws(Trouble) -> Value {
        do { return try queue.read(body) } catch { throw Store.trouble(of: error) }
    }

    /// What SQLite promises now: "wal" and 2 (FULL).
    func durability() throws(Trouble) -> (journal: String, synchronous: Int) {
        try read(Store.durability)
    }

    private static func durability(_ db: Database) throws -> (journal: String, synchronous: Int) {
        let journal = try String.fetchOne(db, sql: "PRAGMA journal_mode") ?? ""
        return (journal, try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? 0)
    }

    private static func assertDurable(_ db: Database) throws {
        let (journal, synchronous) = try durability(db)
        guard journal == "wal", synchronous == 2 else {
            throw OfficeTrouble.database(
                "open office database: expected journal wal and synchronous 2 (FULL), "
                    + "got \(journal) and \(synchronous). Keep the file on a local disk.")
        }
    }

    /// What an earlier process wrote before its fsync failed is read now, and would be acknowledged, while it is in the
    /// kernel's memory only. Copying the log into the file is not enough: the old log, without its lost end, would be laid
    /// over the file after a power cut. A write that changes nothing begins a new log, and its sync ends the old one.
    private static func settleLog(_ db: Database) throws {
        let frames = try Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        guard frames?[0] == 0 else {
            throw OfficeTrouble.database(
                "open office database: expected no other reader at the start, got one. "
                    + "End what reads the file, then start again.")
        }
        try db.execute(sql: "PRAGMA application_id = \(applicationID)")
    }

    private static func refuseForeign(_ db: Database) throws {
        let mark = try Int64.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let tables = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM sqlite_master") ?? 0
        guard mark == applicationID || (mark == 0 && tables == 0) else {
            throw OfficeTrouble.database(
                "open office database: expected an office's file, got another program's. "
                    + "Check the path in the configuration.")
        }
        guard try !Schema.migrator.hasBeenSuperseded(db) else {
            throw OfficeTrouble.database(
                "open office database: expected a version this program knows, got a later one. "
                    + "Install the program that wrote it.")
        }
    }

    private static func trouble(of error: any Error) -> Trouble {
        guard let error = error as? DatabaseError else { return .broken("\(error)") }
        switch error.resultCode {
        case .SQLITE_FULL, .SQLITE_BUSY:
            return .full("commit: expected room and a free file, got \(error.resultCode).")
        default:
            // The statement is left out: it may stand beside personal data.
            return .broken(
                "commit: expected it on the disk, got \(error.extendedResultCode) "
                    + "(\(error.message ?? "no message")). Check the disk, then start again.")
        }
    }
}

extension Database {
    /// Runs one prepared statement.
    func run(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// The first row of one prepared statement.
    func row(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> Row? {
        try Row.fetchOne(cachedStatement(sql: sql), arguments: arguments)
    }

    /// All rows of one prepared statement, which bounds itself by a LIMIT.
    func rows(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> [Row]
    {
        try Row.fetchAll(cachedStatement(sql: sql), arguments: arguments)
    }
}
