internal import GRDB
public import KioskModel

/// The append-only, hash-chained record of what happened, in one SQLite file. The only thing a power cut leaves.
///
/// All calls are synchronous; what `append` returned is on the disk. The file has one owner: as long as a `Journal` lives,
/// no other program can open it. Calls from several tasks are served one after the other.
public final class Journal: Sendable {
    /// Telemetry entries that may wait for the office. Later ones are counted instead of kept, and the count becomes a
    /// `telemetryDropped` entry as soon as there is room: numbers once given are never taken back.
    public static let telemetryWaitingMax: Int64 = 10_000

    public let kiosk: KioskID
    public let epoch: Epoch
    let database: DatabaseQueue
    private let timekeeper: any Timekeeper

    /// Opens the file, or makes it. Asserts WAL and `synchronous=FULL` on the writer, and that the file is this kiosk's.
    ///
    /// A new file starts with `journalOpened`. A missing file beside a leftover write-ahead log is refused, and so is an
    /// empty one: a new life of the journal starts only where there was none.
    ///
    /// - Parameter newEpoch: random bits, used only if the file is new.
    /// - Parameter folder: where the file's name is kept; SQLite keeps its bytes.
    /// - Throws: `JournalFault`; the kiosk takes no money and says why.
    public init(
        path: String, kiosk: KioskID, newEpoch: UInt64, timekeeper: any Timekeeper,
        folder: any Folder = SystemFolder()
    ) throws(JournalFault) {
        let file = JournalFile(path: path, folder: folder)
        if try file.isMissing() {
            try file.make(kiosk: kiosk, epoch: Epoch(bits: newEpoch), at: timekeeper.now)
        }
        let opened = try file.open(of: kiosk)
        (self.kiosk, self.timekeeper) = (kiosk, timekeeper)
        (database, epoch) = (opened.database, opened.epoch)
    }

    /// Opens a journal that is there, whoever's it is, for looking at it.
    init(existing path: String, timekeeper: any Timekeeper) throws(JournalFault) {
        let opened = try JournalFile(path: path, folder: SystemFolder()).open(of: nil)
        self.timekeeper = timekeeper
        (database, kiosk, epoch) = (opened.database, opened.kiosk, opened.epoch)
    }

    /// Writes the entries in one transaction and waits for the disk.
    ///
    /// - Throws: `.full` when nothing was written and the journal lives on (disk full); `.broken` when the disk's state is
    ///   unknown (I/O error, failed fsync): the caller inhibits the acceptor and ends the process.
    public func append(_ entries: [Entry]) throws(JournalFault) {
        guard !entries.isEmpty else { return }
        let at = timekeeper.now
        try attempt("append to journal") {
            try database.write { connection in
                var pen = JournalPen(connection, kiosk: kiosk, epoch: epoch, at: at)
                for entry in entries { try pen.write(entry) }
            }
        }
    }

    /// What SQLite promises of a commit, read back from the writer: "FULL" or better, or the kiosk takes no money.
    ///
    /// - Throws: `JournalFault` when the file cannot be asked.
    public var synchronous: String {
        get throws(JournalFault) {
            let names = ["OFF", "NORMAL", "FULL", "EXTRA"]
            let level = try writerSynchronous
            return names.indices.contains(level) ? names[level] : "unknown (\(level))"
        }
    }

    /// `PRAGMA synchronous` of the connection that writes. Source: SQLite "PRAGMA Statements", synchronous.
    var writerSynchronous: Int {
        get throws(JournalFault) {
            try attempt("ask journal for its durability") {
                try database.writeWithoutTransaction { connection in
                    try Int.fetchOne(connection, sql: "PRAGMA synchronous") ?? 0
                }
            }
        }
    }
}
