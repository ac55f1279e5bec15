import Foundation
import GRDB
import KioskModel
import VirtualWorld

@testable import KioskStore

/// A folder of its own for one test, with a journal in it: real SQLite on the real disk.
final class JournalFolder {
    let folder: String
    let time = VirtualScheduler(seed: 1)
    var path: String { folder + "/journal.sqlite" }

    init(_ folder: String? = nil) throws {
        self.folder =
            folder ?? NSTemporaryDirectory() + "kiosk-journal-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: self.folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func open(_ kiosk: KioskID = .k1) throws(JournalFault) -> Journal {
        try Journal(path: path, kiosk: kiosk, newEpoch: 0xABCD, timekeeper: time)
    }

    /// Changes the closed file as another program could.
    func tamper(_ sql: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    /// Lifts the locks that keep our own code from changing entries, then changes them.
    func tamper(entry position: Int, _ change: String) throws {
        try tamper(
            "DROP TRIGGER entriesStay; UPDATE entries SET \(change) WHERE position = \(position)")
    }

    /// Everything from the log into the one file, as after a clean end.
    func settle() throws { try tamper("PRAGMA user_version = 1") }

    func bytes() throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }
    func write(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
}

extension KioskID {
    static let k1 = named("K0001")
    static let k2 = named("K0002")

    private static func named(_ text: String) -> KioskID {
        guard let kiosk = KioskID(rawValue: text) else {
            preconditionFailure("\(text) is no kiosk")
        }
        return kiosk
    }
}

/// Entries of one visit that takes one note.
enum Visited {
    static let session = SessionID(1)
    static let order = OrderID(
        kiosk: .k1, epoch: Epoch(bits: 0xABCD), session: SessionID(1))

    static func note(_ yuan: Int64) -> [[Entry]] {
        [
            [.sessionStarted(session: session, order: order)],
            [
                .noteOffered(note: NoteID(1), value: .yuan(yuan), session: session),
                .stackIntended(note: NoteID(1)),
            ],
            [.noteCredited(note: NoteID(1), value: .yuan(yuan), session: session)],
        ]
    }
}

extension Journal {
    func append(all steps: [[Entry]]) throws { for step in steps { try append(step) } }
}
