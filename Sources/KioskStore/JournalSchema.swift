internal import GRDB
internal import KioskModel

/// The tables of a journal. A migration that was released is never edited; a change is a new one.
enum JournalSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("first tables") { connection in
            try connection.execute(sql: firstTables)
            for lane in Lane.allCases {
                try connection.execute(
                    sql: "INSERT INTO cursors (lane) VALUES (?)", arguments: [lane.rawValue])
            }
        }
        return migrator
    }

    /// `entries` only grows, and an acknowledgement never falls (I9): not by our bugs either.
    /// `credited` is read out of the body by SQLite, so that it cannot say anything else.
    private static let firstTables = """
        PRAGMA application_id = \(JournalFile.applicationID);
        CREATE TABLE meta (
            one INTEGER PRIMARY KEY CHECK (one = 1), kiosk TEXT NOT NULL, epoch TEXT NOT NULL
        ) STRICT;
        CREATE TABLE entries (
            position INTEGER PRIMARY KEY, lane TEXT NOT NULL, seq INTEGER NOT NULL,
            body TEXT NOT NULL, hash TEXT NOT NULL,
            credited INTEGER
                GENERATED ALWAYS AS (json_extract(body, '$.entry.noteCredited.value')) VIRTUAL,
            UNIQUE (lane, seq)
        ) STRICT;
        CREATE INDEX credits ON entries (seq, credited) WHERE credited IS NOT NULL;
        CREATE TABLE cursors (
            lane TEXT PRIMARY KEY, acked INTEGER NOT NULL DEFAULT 0,
            dropped INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE TRIGGER metaStays BEFORE UPDATE ON meta BEGIN
            SELECT RAISE(ABORT, 'a journal keeps its kiosk and epoch'); END;
        CREATE TRIGGER entriesStay BEFORE UPDATE ON entries BEGIN
            SELECT RAISE(ABORT, 'journal entries are never changed'); END;
        CREATE TRIGGER entriesRemain BEFORE DELETE ON entries BEGIN
            SELECT RAISE(ABORT, 'journal entries are never deleted'); END;
        CREATE TRIGGER ackedNeverFalls BEFORE UPDATE ON cursors WHEN NEW.acked < OLD.acked BEGIN
            SELECT RAISE(ABORT, 'an acknowledgement never falls'); END;
        """

    /// Writes whose journal this is.
    static func found(_ connection: Database, kiosk: KioskID, epoch: Epoch) throws {
        try connection.execute(
            sql: "INSERT INTO meta (one, kiosk, epoch) VALUES (1, ?, ?)",
            arguments: [kiosk.rawValue, epoch.hex])
    }

    static func meta(_ connection: Database) throws -> (kiosk: KioskID, epoch: Epoch) {
        let row = try Row.fetchOne(connection, sql: "SELECT kiosk, epoch FROM meta")
        guard let kiosk = KioskID(rawValue: row?[0] ?? ""), let epoch = Epoch(hex: row?[1] ?? "")
        else {
            throw JournalFault.broken(
                "open journal: expected the kiosk's id and epoch, got neither. "
                    + "Keep the file and run `kioskctl journal verify`.")
        }
        return (kiosk, epoch)
    }

    /// - Throws: `.foreign` unless the file is a journal of this version or an older one, and of this kiosk.
    static func refuseForeign(_ connection: Database, kiosk: KioskID?) throws {
        let id = try Int.fetchOne(connection, sql: "PRAGMA application_id") ?? 0
        guard id == JournalFile.applicationID else {
            throw JournalFault.foreign(
                "open journal: expected a journal, got an SQLite file of another program "
                    + "(application id \(id)). Correct the path.")
        }
        guard try !migrator.hasBeenSuperseded(connection) else {
            throw JournalFault.foreign(
                "open journal: expected a journal of this version or older, got a newer one. "
                    + "Install the version that wrote it.")
        }
        let owner = try meta(connection).kiosk
        guard kiosk == nil || owner == kiosk else {
            throw JournalFault.foreign(
                "open journal: expected the journal of \(kiosk?.rawValue ?? "any kiosk"), "
                    + "got that of \(owner). Correct `kiosk.id`, or fit this kiosk's own disk.")
        }
    }
}
