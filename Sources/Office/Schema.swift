internal import GRDB

/// The tables. A migration is never edited after its release; the kiosk is part of every primary key, so that the fleet can
/// be spread over several machines later.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("intake") { db in
            try db.execute(sql: "PRAGMA application_id = \(Store.applicationID)")
            try db.execute(sql: intake)
        }
        migrator.registerMigration("books") { db in try db.execute(sql: books) }
        migrator.registerMigration("orders") { db in try db.execute(sql: orders) }
        migrator.registerMigration("desk") { db in try db.execute(sql: desk) }
        return migrator
    }

    /// What the kiosks sent, verbatim, and how far each lane has come.
    private static let intake = """
        CREATE TABLE kiosks (
            kiosk TEXT NOT NULL PRIMARY KEY, epoch TEXT NOT NULL, last_heard_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE epochs (
            kiosk TEXT NOT NULL, epoch TEXT NOT NULL, opened_at INTEGER NOT NULL,
            PRIMARY KEY (kiosk, epoch)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE lanes (
            kiosk TEXT NOT NULL, epoch TEXT NOT NULL, lane TEXT NOT NULL,
            acked INTEGER NOT NULL, head TEXT NOT NULL, stopped TEXT, stopped_seq INTEGER,
            PRIMARY KEY (kiosk, epoch, lane)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER lanes_never_fall BEFORE UPDATE ON lanes WHEN NEW.acked < OLD.acked
        BEGIN SELECT RAISE(ABORT, 'an acknowledgement never falls'); END;
        CREATE TABLE inbox (
            kiosk TEXT NOT NULL, epoch TEXT NOT NULL, lane TEXT NOT NULL, seq INTEGER NOT NULL,
            hash TEXT NOT NULL, body BLOB NOT NULL, received_at INTEGER NOT NULL,
            PRIMARY KEY (kiosk, epoch, lane, seq)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER inbox_no_update BEFORE UPDATE ON inbox
        BEGIN SELECT RAISE(ABORT, 'the inbox is append-only'); END;
        CREATE TRIGGER inbox_no_delete BEFORE DELETE ON inbox
        BEGIN SELECT RAISE(ABORT, 'the inbox is append-only'); END;
        """

    /// Double entry. One row is one transfer with both its sides, so no row can be out of balance.
    private static let books = """
        CREATE TABLE transfers (
            kiosk TEXT NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL,
            debit TEXT NOT NULL, credit TEXT NOT NULL CHECK (credit <> debit),
            fen INTEGER NOT NULL CHECK (fen > 0),
            epoch TEXT, seq INTEGER, order_id TEXT, reason TEXT NOT NULL,
            PRIMARY KEY (kiosk, number)
        ) STRICT, WITHOUT ROWID;
        -- An entry of a kiosk moves money at most once, an order reaches each account at most once.
        CREATE UNIQUE INDEX transfers_of_entry ON transfers (kiosk, epoch, seq)
            WHERE seq IS NOT NULL;
        CREATE UNIQUE INDEX transfers_of_order ON transfers (order_id, credit)
            WHERE order_id IS NOT NULL;
        CREATE TRIGGER transfers_no_update BEFORE UPDATE ON transfers
        BEGIN SELECT RAISE(ABORT, 'a transfer is never changed'); END;
        CREATE TRIGGER transfers_no_delete BEFORE DELETE ON transfers
        BEGIN SELECT RAISE(ABORT, 'a transfer is never deleted'); END;
        CREATE TABLE balances (
            kiosk TEXT NOT NULL, account TEXT NOT NULL,
            debit INTEGER NOT NULL, credit INTEGER NOT NULL,
            PRIMARY KEY (kiosk, account)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER transfers_sum AFTER INSERT ON transfers BEGIN
            INSERT INTO balances VALUES (NEW.kiosk, NEW.debit, NEW.fen, 0)
                ON CONFLICT (kiosk, account) DO UPDATE SET debit = debit + excluded.debit;
            INSERT INTO balances VALUES (NEW.kiosk, NEW.credit, 0, NEW.fen)
                ON CONFLICT (kiosk, account) DO UPDATE SET credit = credit + excluded.credit;
        END;
        CREATE TABLE sessions (
            kiosk TEXT NOT NULL, epoch TEXT NOT NULL, session INTEGER NOT NULL,
            credited INTEGER NOT NULL, committed INTEGER NOT NULL,
            PRIMARY KEY (kiosk, epoch, session)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE notes (
            kiosk TEXT NOT NULL, epoch TEXT NOT NULL, note INTEGER NOT NULL,
            ending TEXT NOT NULL, fen INTEGER NOT NULL,
            PRIMARY KEY (kiosk, epoch, note)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER notes_no_update BEFORE UPDATE ON notes
        BEGIN SELECT RAISE(ABORT, 'a note has one end'); END;
        CREATE TRIGGER notes_no_delete BEFORE DELETE ON notes
        BEGIN SELECT RAISE(ABORT, 'a note has one end'); END;
        """

    private static let orders = """
        CREATE TABLE orders (
            kiosk TEXT NOT NULL, id TEXT NOT NULL UNIQUE, place INTEGER NOT NULL UNIQUE,
            epoch TEXT NOT NULL, slip TEXT NOT NULL, phone TEXT NOT NULL,
            fen INTEGER NOT NULL CHECK (fen > 0), committed_at INTEGER NOT NULL,
            received_at INTEGER NOT NULL, phase TEXT NOT NULL, state TEXT NOT NULL,
            attempts INTEGER NOT NULL, unknown_since INTEGER, note TEXT NOT NULL,
            PRIMARY KEY (kiosk, id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX orders_to_post ON orders (place)
            WHERE phase IN ('prepared', 'sent', 'unknown');
        CREATE INDEX orders_by_state ON orders (state, place);
        CREATE INDEX orders_by_slip ON orders (slip, phone);
        CREATE TRIGGER orders_keep_their_terms BEFORE UPDATE ON orders
            WHEN NEW.id <> OLD.id OR NEW.phone <> OLD.phone OR NEW.fen <> OLD.fen
                OR NEW.slip <> OLD.slip OR NEW.place <> OLD.place
        BEGIN SELECT RAISE(ABORT, 'an order keeps its number and amount'); END;
        CREATE TRIGGER orders_no_delete BEFORE DELETE ON orders
        BEGIN SELECT RAISE(ABORT, 'an order is never deleted'); END;
        CREATE TABLE commands (
            kiosk TEXT NOT NULL, epoch TEXT NOT NULL, number INTEGER NOT NULL,
            order_id TEXT NOT NULL, state TEXT NOT NULL, at INTEGER NOT NULL,
            PRIMARY KEY (kiosk, epoch, number)
        ) STRICT, WITHOUT ROWID;
        """

    private static let desk = """
        CREATE TABLE alarms (
            kiosk TEXT NOT NULL, object TEXT NOT NULL, code TEXT NOT NULL,
            severity TEXT NOT NULL, evidence TEXT NOT NULL, raised_at INTEGER NOT NULL,
            received_at INTEGER NOT NULL, open INTEGER NOT NULL, raised_times INTEGER NOT NULL,
            PRIMARY KEY (kiosk, object, code)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX alarms_open ON alarms (received_at) WHERE open = 1;
        CREATE TABLE cases (
            kiosk TEXT NOT NULL, number INTEGER NOT NULL UNIQUE, kind TEXT NOT NULL,
            order_id TEXT, opened_at INTEGER NOT NULL, closed_at INTEGER, text TEXT NOT NULL,
            more INTEGER NOT NULL,
            PRIMARY KEY (kiosk, number)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX cases_of_order ON cases (order_id) WHERE order_id IS NOT NULL;
        CREATE INDEX cases_open ON cases (kiosk, kind, number) WHERE closed_at IS NULL;
        """
}
