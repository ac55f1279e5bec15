import Foundation
import GRDB
import KioskModel
import OfficeProtocol
import Testing
import VirtualWorld

@testable import Office

/// What was answered is on the disk.
struct DurabilityTests {
    @Test func `the writer's commits wait for the disk`() throws {
        let town = try Town()
        let office = try town.open()

        let durability = try office.store.durability()

        #expect(durability.journal == "wal")
        #expect(durability.synchronous == 2)
    }

    @Test func `at the moment of the answer a copy of the disk holds what was answered`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        try kiosk.topUp()
        let disks = try town.run { [kiosk] office in
            var disks: [String] = []
            for seq in 1...kiosk.count() {
                let answer = try await office.take(kiosk.batch(seq...seq), from: kiosk.id)
                #expect(answer.acked == seq)
                disks.append(try town.copyOfDisk())
            }
            return disks
        }

        try town.scheduler.run { [kiosk] in
            for (seq, disk) in zip(Int64(1)..., disks) {
                let office = try town.open(disk)
                #expect(await office.kiosks().first?.lanes.map(\.acked) == [seq])
                try await office.takeAll(kiosk)
                #expect(await office.balance("RECEIVED") == 7000)
            }
        }
    }

    @Test func `an office that stops between commit and answer takes the same batch again`() throws
    {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        try kiosk.topUp()
        try town.scheduler.run { [kiosk] in
            let office = try town.open()
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await office.take(kiosk.batch(), from: kiosk.id) }
                group.cancelAll()
            }
        }

        try town.run { [kiosk] office in
            let again = try await office.take(kiosk.batch(), from: kiosk.id)
            #expect(again.acked == kiosk.count())
            #expect(await office.balance("RECEIVED") == 7000)
        }
    }

    @Test func `a full disk acknowledges nothing, and with room again nothing is lost`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        for _ in 0..<10 { try kiosk.topUp() }

        try town.run { [kiosk] office in
            try await office.limitPages(to: 1)
            let refusal = await office.refusal(of: kiosk.batch(), from: kiosk.id)
            #expect(refusal?.code == .busy)
            #expect(await office.kiosks().isEmpty)
            try await office.limitPages(to: 1_000_000)
            try await office.takeAll(kiosk)

            #expect(await office.balance("RECEIVED") == 10 * 7000)
            #expect(await office.trouble == nil)
        }
    }

    @Test func `a broken disk ends posting and refuses every batch`() throws {
        let town = try Town()
        let kiosk = try VirtualKiosk()
        let office = try town.open()

        try town.scheduler.run {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await office.run() }
                group.addTask { await office.report(.broken("I/O error")) }
            }
            #expect(await office.refusal(of: kiosk.batch(), from: kiosk.id)?.code == .busy)
            #expect(await office.trouble == .database("I/O error"))
        }
    }

    @Test func `the inbox, transfers, notes and orders are never changed`() throws {
        let town = try Town()
        var kiosk = try VirtualKiosk()
        try kiosk.topUp()

        try town.run { [kiosk] office in
            try await office.takeAll(kiosk)
            for sql in [
                "UPDATE inbox SET body = x'00'", "DELETE FROM inbox", "DELETE FROM transfers",
                "UPDATE transfers SET fen = 1", "UPDATE notes SET fen = 1", "DELETE FROM notes",
                "UPDATE orders SET fen = 1", "UPDATE orders SET phone = '1'", "DELETE FROM orders",
                "UPDATE lanes SET acked = 0",
            ] {
                #expect(throws: Store.Trouble.self, "\(sql)") {
                    try office.store.write { try $0.execute(sql: sql) }
                }
            }
            #expect(await office.balance("RECEIVED") == 7000)
        }
    }

    @Test func `a file that is no office's is refused with what to do`() throws {
        let town = try Town()
        try Data("not a database, but long enough to look at it".utf8)
            .write(to: URL(fileURLWithPath: town.path))
        #expect(throws: OfficeTrouble.self) { try town.open() }

        let other = try Town()
        try DatabaseQueue(path: other.path).write { try $0.execute(sql: "CREATE TABLE t (x)") }
        #expect(throws: OfficeTrouble.self) { try other.open() }
        #expect(throws: OfficeTrouble.self) { try other.open("/nowhere/office.sqlite") }
    }

    @Test func `a file of a later version is refused`() throws {
        let town = try Town()
        try town.open().store.write {
            try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('from the future')")
        }

        #expect(throws: OfficeTrouble.self) { try town.open() }
    }
}

extension Office {
    /// A disk of so many pages, at least as many as are in use.
    func limitPages(to count: Int) throws {
        try store.write { try $0.execute(sql: "PRAGMA max_page_count = \(count)") }
    }
}
