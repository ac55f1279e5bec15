import Foundation
import KioskModel
import OfficeProtocol
import Testing

@testable import KioskStore

/// Files that are not what they should be: each is refused with a sentence, none is repaired or folded.
struct JournalDamageTests {
    /// Opening or folding must end in a fault; answers its sentence.
    private func refusal(_ folder: JournalFolder, of kiosk: KioskID = .k1) throws -> String {
        let fault = #expect(throws: JournalFault.self) { try folder.open(kiosk).fold() }
        return "\(try #require(fault))"
    }

    private func written() throws -> JournalFolder {
        let folder = try JournalFolder()
        do { try folder.open().append(all: Visited.note(50)) }
        try folder.settle()
        return folder
    }

    @Test(arguments: [
        ("body = replace(body, '5000', '9000')", "entry 5, money 5: expected hash"),
        ("hash = replace(hash, substr(hash, 1, 8), '00000000')", "entry 5, money 5: expected hash"),
        ("seq = 6", "entry 5, money 6: expected sequence 5, got 6"),
        ("lane = 'coins'", "entry 5: expected a lane, got \"coins\""),
        ("position = 9", "entry 5: expected position 5, got 9"),
    ])
    func `a changed entry is named and never folded`(_ change: String, _ sentence: String) throws {
        let folder = try written()

        try folder.tamper(entry: 5, change)

        #expect(try refusal(folder).contains(sentence))
        let verification = try Journal.verify(path: folder.path, timekeeper: folder.time)
        #expect(verification.entries == 4)
        #expect(verification.firstBroken?.hasPrefix(sentence) == true)
    }

    @Test func `a bit flipped on the disk is found`() throws {
        let folder = try written()
        var bytes = try folder.bytes()
        let credit = Array(#""noteCredited":{"note":1,"session":1,"value":5000"#.utf8)
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: credit) })

        bytes[place + credit.count - 4] ^= 0x01
        try folder.write(bytes)

        #expect(try refusal(folder).contains("entry 5, money 5: expected hash"))
    }

    @Test func `a body that is no entry is found though its hash fits`() throws {
        let folder = try written()
        let before = try folder.open().events(.money, after: 3, events: 1, bytes: 9999)[0].hash
        let hash = HashChain.next(after: before, body: "{}")

        try folder.tamper(entry: 5, "body = '{}', hash = '\(hash)'")

        #expect(try refusal(folder).contains("entry 5, money 5: expected the JSON of an entry"))
    }

    @Test func `a missing end is found when the office has more`() throws {
        let folder = try written()
        do { try folder.open().acknowledge(.money, upTo: 5) }

        try folder.tamper("DROP TRIGGER entriesRemain; DELETE FROM entries WHERE position = 5")

        #expect(try refusal(folder).contains("money 5: expected the entries up to 5"))
    }

    @Test(arguments: [1, 2, 3])
    func `a file truncated by some pages is refused`(_ pages: Int) throws {
        let folder = try written()
        let bytes = try folder.bytes()

        try folder.write(Array(bytes.dropLast(pages * 4096 + 100)))

        #expect(try refusal(folder).contains("expected an intact file"))
    }

    @Test func `an empty file is not taken for a new kiosk`() throws {
        let folder = try written()

        try folder.write([])

        #expect(try refusal(folder).contains("got an empty file"))
    }

    @Test func `a lost file beside its log is not taken for a new kiosk`() throws {
        let folder = try JournalFolder()
        try Data("x".utf8).write(to: URL(fileURLWithPath: folder.path + "-wal"))

        #expect(try refusal(folder).contains("Restore the file"))
    }

    @Test func `the journal of another kiosk is refused and stays as it is`() throws {
        let folder = try written()
        let before = try folder.bytes()

        let sentence = try refusal(folder, of: .k2)

        #expect(sentence.contains("expected the journal of K0002, got that of K0001"))
        #expect(try folder.bytes() == before)
    }

    @Test func `a file that is no database is refused`() throws {
        let folder = try JournalFolder()
        try folder.write(Array(String(repeating: "no journal ", count: 500).utf8))

        #expect(try refusal(folder).contains("expected a journal"))
    }

    @Test func `a database of another program is refused and stays as it is`() throws {
        let folder = try JournalFolder()
        try folder.tamper("CREATE TABLE entries (position INTEGER)")
        let before = try folder.bytes()

        #expect(try refusal(folder).contains("SQLite file of another program"))
        #expect(try folder.bytes() == before)
    }

    @Test func `a journal of a later version is refused`() throws {
        let folder = try written()

        try folder.tamper("INSERT INTO grdb_migrations VALUES ('tables of next year')")

        #expect(try refusal(folder).contains("got a newer one"))
    }

    @Test func `a missing folder is named`() throws {
        let folder = try JournalFolder()
        let path = folder.folder + "/missing/journal.sqlite"

        let fault = #expect(throws: JournalFault.self) {
            try Journal(path: path, kiosk: .k1, newEpoch: 1, timekeeper: folder.time)
        }

        let sentence = "\(try #require(fault))"
        #expect(sentence.contains(path) && sentence.contains("No such file or directory"))
    }

    @Test func `a folder that takes no files is named`() throws {
        // /sys takes no files from anyone, root included.
        let fault = #expect(throws: JournalFault.self) {
            try Journal(
                path: "/sys/journal.sqlite", kiosk: .k1, newEpoch: 1,
                timekeeper: try JournalFolder().time)
        }

        #expect("\(try #require(fault))".contains("expected a folder that can be written"))
    }

    @Test func `a half-made journal of a power cut is made anew`() throws {
        let folder = try JournalFolder()
        try Data("half".utf8).write(to: URL(fileURLWithPath: folder.path + ".new"))

        #expect(try folder.open().verify() == Verification(entries: 1, firstBroken: nil))
    }
}
