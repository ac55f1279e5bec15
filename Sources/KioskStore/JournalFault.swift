internal import GRDB

/// Why the journal did not do what was asked, as a sentence: operation, expected, got, what to do.
public enum JournalFault: Error, Sendable, Hashable {
    /// The disk is full: nothing was written, the journal can go on when there is room.
    case full(String)
    /// The file cannot be trusted or written any more.
    case broken(String)
    /// The file is of another kiosk, another version, or no journal.
    case foreign(String)
    /// SQLite would not promise durability.
    case notDurable(String)
}

extension JournalFault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .full(let text), .broken(let text), .foreign(let text), .notDurable(let text): text
        }
    }
}

extension JournalFault {
    /// Sorts what SQLite said by what the caller can still rely on.
    /// Source: SQLite "Result and Error Codes", primary codes.
    init(_ error: any Error, during operation: String) {
        guard let error = error as? DatabaseError else {
            if let fault = error as? JournalFault {
                self = fault
            } else {
                self = .broken("\(operation): expected SQLite to answer, got \(error)")
            }
            return
        }
        let got =
            "got \(error.message ?? "no reason") (SQLite \(error.extendedResultCode.rawValue))"
        switch error.resultCode {
        case .SQLITE_FULL:
            self = .full(
                "\(operation): expected room on the disk, \(got). Nothing was written; free space.")
        case .SQLITE_NOTADB:
            self = .foreign(
                "\(operation): expected a journal, \(got). Move the file away or correct the path.")
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
            self = .broken(
                "\(operation): expected a folder and file that can be written, \(got). "
                    + "Check the path and its rights.")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self = .broken(
                "\(operation): expected to be the file's only user, \(got). "
                    + "Stop the other program that has it open.")
        case .SQLITE_CORRUPT:
            self = .broken(
                "\(operation): expected an intact file, \(got). "
                    + "Keep the file and run `kioskctl journal verify`.")
        default:
            self = .broken(
                "\(operation): expected the disk to take and give back every byte, \(got). "
                    + "Check the disk; the entries since the last answer are uncertain.")
        }
    }
}

/// Runs SQLite work and turns what it throws into a fault of the journal.
func attempt<Result>(_ operation: String, _ work: () throws -> Result) throws(JournalFault)
    -> Result
{
    do { return try work() } catch { throw JournalFault(error, during: operation) }
}
