import Foundation
import GRDB
import KioskModel
import Testing
import VirtualWorld

@testable import KioskStore

/// The journal, unchanged, on a disk that loses what a disk may lose.
struct VirtualDiskTests {
    @Test func `what was acknowledged survives the loss of everything unsynced`() throws {
        let machine = VirtualMachine()
        do {
            let journal = try machine.start()
            for _ in 0..<200 { try journal.append([.cassetteRemoved]) }
        }

        machine.disk.cut(.unsyncedLost, seed: 1)
        let again = try machine.start()

        #expect(try again.verify() == Verification(entries: 201, firstBroken: nil))
    }

    @Test func `the same with synchronous NORMAL loses acknowledged commits`() throws {
        let machine = VirtualMachine()
        let journal = try machine.start()
        try journal.database.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA synchronous = NORMAL")
        }
        for _ in 0..<200 { try journal.append([.cassetteRemoved]) }

        machine.disk.cut(.unsyncedLost, seed: 1)
        try journal.database.close()
        let again = try machine.start()

        #expect(try again.verify().entries < 201)
    }

    @Test(arguments: VirtualDisk.Cut.allCases)
    func `a cut at each step of a commit leaves all of it or nothing, and all before it`(
        cut: VirtualDisk.Cut
    ) throws {
        let pattern = VirtualMachine()
        do { try pattern.start().append(all: Visited.note(50)) }
        let steps = try pattern.copy().stepsOfOneAppend()

        #expect(steps >= 4)
        var written: Set<Int64> = []
        for step in 1...steps {
            for seed in 0..<8 as Range<UInt64> {
                let machine = pattern.copy()
                let before = try machine.cut(inAppendAt: step, cut, seed: seed)
                let after = try machine.start().verify()
                #expect(after.firstBroken == nil, "step \(step), seed \(seed)")
                written.insert(after.entries - before)
            }
        }

        // Before its sync a commit may be whole by luck, but not where all that is unsynced is lost.
        #expect(written == (cut == .unsyncedLost ? [0] : [0, 2]))
    }

    @Test(arguments: VirtualDisk.Cut.allCases)
    func `a cut at each step of making and opening a journal leaves one that opens`(
        cut: VirtualDisk.Cut
    ) throws {
        let pattern = VirtualMachine()
        do { _ = try pattern.start() }

        for step in 1...pattern.disk.counts.steps {
            let machine = VirtualMachine()
            machine.disk.cut(atStep: step, cut, seed: UInt64(step))
            // After its last step it is there; before, the start fails.
            _ = try? machine.start()
            #expect(machine.disk.cuts == 1)
            let journal = try machine.start()
            try journal.append([.cassetteRemoved])
            #expect(try journal.verify() == Verification(entries: 2, firstBroken: nil))
        }
    }

    @Test func `300 random cuts in one life lose no acknowledged entry`() throws {
        var dice = SplitMix64(seed: 7)
        let machine = VirtualMachine()
        do { _ = try machine.start() }
        var acknowledged: Int64 = 1

        for _ in 0..<300 {
            let cut = VirtualDisk.Cut.allCases[dice.below(4)]
            let step = machine.disk.counts.steps + 1 + dice.below(120)
            machine.disk.cut(atStep: step, cut, seed: dice.next())
            // The cut may come while it starts, too.
            guard let journal = try? machine.start() else { continue }
            let entries = try journal.count()
            #expect((acknowledged...acknowledged + 1).contains(entries))
            acknowledged = entries
            while (try? journal.append([.cassetteRemoved])) != nil { acknowledged += 1 }
            #expect(!machine.disk.isOn)
        }

        let last = try machine.start().verify()
        #expect(last.firstBroken == nil && machine.disk.cuts == 300)
        #expect((acknowledged...acknowledged + 1).contains(last.entries) && acknowledged > 1000)
    }

    @Test func `a torn write ends at a sector, and any subset leaves holes`() throws {
        let torn = try (0..<40).map {
            try VirtualMachine().cutUnsyncedLog(.tornLastWrite, seed: $0)
        }
        let subset = try (0..<40).map { try VirtualMachine().cutUnsyncedLog(.anySubset, seed: $0) }

        #expect(torn.allSatisfy { $0.full.starts(with: $0.left) })
        #expect(torn.contains { !$0.left.isEmpty && $0.left.count % 512 == 0 })
        #expect(Set(torn.map(\.left.count)).count > 4)
        #expect(subset.contains { !$0.full.starts(with: $0.left) })
    }

    @Test func `old handles answer errors and change nothing of the new life`() throws {
        let machine = VirtualMachine()
        let old = try machine.start()
        machine.disk.cut(.killed, seed: 1)

        #expect(throws: JournalFault.self) { try old.append([.cassetteRemoved]) }
        let new = try machine.start()
        #expect(throws: JournalFault.self) { try old.append([.cassetteRemoved]) }
        try old.database.close()

        try new.append([.cassetteRemoved])
        #expect(try new.verify() == Verification(entries: 2, firstBroken: nil))
    }
}

/// Faults of a disk that has its power.
struct VirtualDiskFaultTests {
    @Test func `a failed sync breaks the journal, and what it lost is gone after a cut`() throws {
        let machine = VirtualMachine()
        let journal = try machine.start()
        try journal.append([.cassetteRemoved])
        machine.disk.failSync(1)

        let fault = try #require(throws: JournalFault.self) {
            try journal.append([.cassetteInserted])
        }

        #expect(fault == .broken("\(fault)"))
        machine.disk.cut(.unsyncedLost, seed: 1)
        try journal.database.close()
        #expect(try machine.start().verify() == Verification(entries: 2, firstBroken: nil))
    }

    /// A process that dies closes nothing: closing would write once more what the kernel lost.
    @Test(arguments: [0, 1, 5])
    func `a kiosk that starts after a failed sync trusts only what it made durable`(appends: Int)
        throws
    {
        let machine = VirtualMachine()
        let dying = try machine.start()
        // The log that the disk keeps has older versions of the pages that are lost.
        for _ in 0..<3 { try dying.append([.cassetteInserted]) }
        machine.disk.failSync(1)
        #expect(throws: JournalFault.self) { try dying.append([.cassetteRemoved]) }
        machine.disk.cut(.killed, seed: 1)
        try dying.database.close()

        let next = try machine.start()
        for _ in 0..<appends { try next.append([.cassetteInserted]) }
        let trusted = try next.verify().entries
        machine.disk.cut(.unsyncedLost, seed: 1)
        try next.database.close()

        #expect(try machine.start().verify() == Verification(entries: trusted, firstBroken: nil))
    }

    @Test func `a write that fails breaks the journal`() throws {
        let machine = VirtualMachine()
        let journal = try machine.start()
        machine.disk.failWrite(1, .writeError)

        let fault = journal.fill()

        #expect(fault == .broken("\(fault)"))
    }

    @Test func `a full disk refuses, and appends go on when there is room`() throws {
        let machine = VirtualMachine()
        let journal = try machine.start()
        machine.disk.limit(bytes: 300_000)

        let fault = journal.fill()
        let kept = try journal.verify().entries
        machine.disk.limit(bytes: nil)
        try journal.append([.cassetteRemoved])

        #expect(fault == .full("\(fault)"))
        #expect(try journal.verify() == Verification(entries: kept + 1, firstBroken: nil))
    }

    @Test func `one write without room is refused alone`() throws {
        let machine = VirtualMachine()
        let journal = try machine.start()
        machine.disk.failWrite(1, .noRoom)

        let fault = try #require(throws: JournalFault.self) {
            try journal.append([.cassetteRemoved])
        }
        try journal.append([.cassetteRemoved])

        #expect(fault == .full("\(fault)"))
        #expect(try journal.verify() == Verification(entries: 2, firstBroken: nil))
    }
}

/// Several disks, several connections, and the real disk beside them.
struct VirtualDiskCompanyTests {
    @Test func `two disks do not mix`() throws {
        let (first, second) = (VirtualMachine(), VirtualMachine())
        let journal = try first.start()
        try second.start().append([.cassetteRemoved])

        second.disk.cut(.unsyncedLost, seed: 1)
        try journal.append([.cassetteRemoved, .cassetteInserted])

        #expect(first.disk.isOn && !second.disk.isOn)
        #expect(try journal.verify().entries == 3)
        #expect(try second.start().verify().entries == 2)
    }

    @Test func `the same seed gives the same bytes`() async throws {
        // SQLite has one sequence of random numbers for a process: this one is alone in its own.
        await #expect(processExitsWith: .success) {
            let lives = try (0..<2).map { _ in
                VirtualDisk.seed(42)
                let machine = VirtualMachine()
                let cut = VirtualDisk.Cut.anySubset
                _ = try machine.start()
                machine.disk.cut(atStep: machine.disk.counts.steps + 60, cut, seed: 5)
                let fault = try machine.start().fill()
                guard case .broken = fault else { exit(1) }
                return ["journal.sqlite", "journal.sqlite-wal"].map(machine.disk.bytes)
            }
            guard lives[0] == lives[1], lives[0].allSatisfy({ $0 != nil }) else { exit(2) }
        }
    }

    @Test func `real files still work beside it`() throws {
        VirtualDisk.install()
        let folder = try JournalFolder()

        do { try folder.open().append(all: Visited.note(50)) }

        #expect(try folder.open().verify().entries == 5)
        #expect(try folder.bytes().count > 4096)
    }

    @Test func `two connections share a log, and one waits for the other without time`() throws {
        let disk = VirtualMachine().disk
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(5)
        let open = { try DatabaseQueue(path: disk.path("shared"), configuration: configuration) }
        let (first, second) = (try open(), try open())
        try first.write { try $0.execute(sql: "CREATE TABLE t (x); INSERT INTO t VALUES (1)") }

        let (seen, fault) = try first.write { connection in
            try connection.execute(sql: "INSERT INTO t VALUES (2)")
            let seen = try second.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM t") }
            let fault = #expect(throws: DatabaseError.self) {
                try second.write { try $0.execute(sql: "INSERT INTO t VALUES (3)") }
            }
            return (seen, fault)
        }

        #expect(seen == 1 && fault?.resultCode == .SQLITE_BUSY)
        #expect(try second.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM t") } == 2)
    }

    @Test func `a journal is fast on it`() throws {
        let machine = VirtualMachine()
        let journal = try machine.start()

        let spent = try ContinuousClock().measure {
            for _ in 0..<2000 { try journal.append([.cassetteRemoved]) }
        }

        Attachment.record("\(2000 / (spent / .seconds(1))) commits a second", named: "speed.txt")
        #expect(try journal.verify().entries == 2001)
    }
}

extension Journal {
    fileprivate func count() throws -> Int64 {
        try database.read { try Int64.fetchOne($0, sql: "SELECT COUNT(*) FROM entries") ?? 0 }
    }
}

/// A kiosk's machine with a disk of its own, switched on and off.
final class VirtualMachine {
    let disk: VirtualDisk
    let time = VirtualScheduler(seed: 1)

    init(_ disk: VirtualDisk? = nil) {
        self.disk = disk ?? VirtualDisk(name: "machine-\(UUID().uuidString)")
    }

    func copy() -> VirtualMachine {
        VirtualMachine(disk.copy(as: "machine-\(UUID().uuidString)"))
    }

    func start() throws -> Journal {
        disk.powerOn()
        return try Journal(
            path: disk.path("journal.sqlite"), kiosk: .k1, newEpoch: 0xABCD, timekeeper: time,
            folder: disk)
    }

    /// Appends of which no one asks the disk to keep them: everything in the log is unsynced.
    func cutUnsyncedLog(_ cut: VirtualDisk.Cut, seed: UInt64) throws -> (
        full: [UInt8], left: [UInt8]
    ) {
        let queue = try DatabaseQueue(path: disk.path("loose"))
        try queue.writeWithoutTransaction { connection in
            try connection.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF")
            try connection.execute(sql: "CREATE TABLE t (x); INSERT INTO t VALUES (1)")
        }
        let full = disk.bytes("loose-wal") ?? []
        disk.cut(cut, seed: seed)
        try queue.close()
        return (full, disk.bytes("loose-wal") ?? [])
    }

    func stepsOfOneAppend() throws -> Int {
        let journal = try start()
        let before = disk.counts.steps
        try journal.append([.cassetteRemoved, .cassetteInserted])
        return disk.counts.steps - before
    }

    /// Cuts the power in an append of two entries; how many were there before it.
    func cut(inAppendAt step: Int, _ cut: VirtualDisk.Cut, seed: UInt64) throws -> Int64 {
        let journal = try start()
        let before = try journal.verify().entries
        disk.cut(atStep: disk.counts.steps + step, cut, seed: seed)
        #expect(throws: JournalFault.self) {
            try journal.append([.cassetteRemoved, .cassetteInserted])
        }
        #expect(!disk.isOn)
        return before
    }
}
