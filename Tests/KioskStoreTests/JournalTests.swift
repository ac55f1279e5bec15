import Foundation
import GRDB
import KioskModel
import OfficeProtocol
import Testing
import VirtualWorld

@testable import KioskStore

struct JournalTests {
    @Test func `the writer waits for the disk at every commit`() throws {
        let folder = try JournalFolder()

        let journal = try folder.open()

        #expect(try journal.writerSynchronous >= 2)
        #expect(try journal.synchronous == "FULL")
    }

    @Test func `a new journal opens with its own kiosk and epoch, and only its user reads it`()
        throws
    {
        let folder = try JournalFolder()

        let journal = try folder.open()

        let first = try journal.records(after: 0, limit: 10)
        #expect(first.map(\.body.entry) == [.journalOpened(kiosk: .k1, epoch: Epoch(bits: 0xABCD))])
        let rights = try FileManager.default.attributesOfItem(atPath: folder.path)[
            .posixPermissions]
        #expect(rights as? Int == 0o600)
    }

    @Test func `what was appended is there after opening again, with the first epoch`() throws {
        let folder = try JournalFolder()
        do { try folder.open().append(all: Visited.note(50)) }

        let again = try Journal(
            path: folder.path, kiosk: .k1, newEpoch: 0x9999, timekeeper: folder.time)

        #expect(again.epoch == Epoch(bits: 0xABCD))
        let ledger = try again.fold().ledger
        #expect(ledger.balance(.stacker) == .yuan(50))
        #expect(ledger.openSession?.credited == [.yuan(50)])
    }

    @Test func `each lane counts for itself and chains to its own beginning`() throws {
        let folder = try JournalFolder()
        let journal = try folder.open()

        try journal.append([
            .cassetteRemoved, .alarmCleared(alarm: AlarmKey(.paperOut, "printer/0")),
        ])
        try journal.append([.rated(session: SessionID(1), stars: 5), .cassetteInserted])

        let bodies = try journal.records(after: 0, limit: 10).map(\.body)
        #expect(bodies.map(\.lane) == [.money, .money, .alarms, .telemetry, .money])
        #expect(bodies.map(\.seq) == [1, 2, 1, 1, 3])
        let alarm = try #require(
            try journal.events(.alarms, after: 0, events: 1, bytes: 9999).first)
        let genesis = HashChain.genesis(kiosk: .k1, epoch: journal.epoch, lane: .alarms)
        #expect(alarm.hash == HashChain.next(after: genesis, body: alarm.body))
    }

    @Test func `entries written together follow each other in their lane`() throws {
        let folder = try JournalFolder()
        let journal = try folder.open()

        try journal.append([.cassetteRemoved, .cassetteInserted, .cassetteRemoved])
        try journal.append([.cassetteInserted, .cassetteRemoved])

        #expect(try journal.records(after: 0, limit: 10).map(\.body.seq) == [1, 2, 3, 4, 5, 6])
        #expect(try journal.verify() == Verification(entries: 6, firstBroken: nil))
    }

    @Test func `an intact journal verifies, entry by entry`() throws {
        let folder = try JournalFolder()
        let journal = try folder.open()
        try journal.append(all: Visited.note(100))

        let verification = try journal.verify()

        #expect(verification == Verification(entries: 5, firstBroken: nil))
    }

    @Test func `the open alarms are those that were raised and not cleared`() throws {
        let folder = try JournalFolder()
        let journal = try folder.open()
        let (paper, full) = (
            AlarmKey(.paperOut, "printer/0"), AlarmKey(.cassetteFull, "billAcceptor/0")
        )

        try journal.append([
            .alarmRaised(alarm: paper, severity: .major, evidence: "media-empty"),
            .alarmRaised(alarm: full, severity: .major, evidence: "0x41"),
            .alarmCleared(alarm: paper),
        ])

        let open = try journal.fold().alarms
        #expect(open.map(\.key) == [full])
        #expect(open.map(\.evidence) == ["0x41"])
    }

    @Test(arguments: [
        "UPDATE entries SET body = '{}' WHERE position = 1",
        "DELETE FROM entries WHERE position = 1",
        "UPDATE meta SET kiosk = 'K0002'",
        "UPDATE cursors SET acked = -1",
    ])
    func `our own code cannot change the past`(_ sql: String) throws {
        let folder = try JournalFolder()
        let journal = try folder.open()

        #expect(throws: DatabaseError.self) {
            try journal.database.write { try $0.execute(sql: sql) }
        }

        #expect(try journal.verify() == Verification(entries: 1, firstBroken: nil))
    }

    @Test func `a journal that is open has no second owner`() throws {
        let folder = try JournalFolder()
        let journal = try folder.open()

        let fault = #expect(throws: JournalFault.self) { try folder.open() }

        #expect("\(try #require(fault))".contains("only user"))
        #expect(try journal.verify().firstBroken == nil)
    }

    @Test func `a clock that jumps ten years changes no order`() throws {
        let folder = try JournalFolder()
        let journal = try folder.open()

        folder.time.wallOffset = .seconds(10 * 365 * 86_400)
        try journal.append([.cassetteRemoved])
        folder.time.wallOffset = .seconds(-10 * 365 * 86_400)
        try journal.append([.cassetteInserted])

        let last = try journal.records(after: 1, limit: 10).map(\.body)
        #expect(last.map(\.entry) == [.cassetteRemoved, .cassetteInserted])
        #expect(last[1].at.wall < last[0].at.wall)
        #expect(try journal.verify().firstBroken == nil)
    }
}
