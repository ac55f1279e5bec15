import Foundation
import GRDB
import Glibc
import KioskModel
import Testing

@testable import KioskStore

/// A disk that takes no more bytes.
struct JournalDiskTests {
    @Test func `a full journal writes nothing and goes on when there is room`() throws {
        let folder = try JournalFolder()
        let journal = try folder.open()
        try journal.limit(pages: 40)

        let fault = journal.fill()

        #expect("\(fault)".contains("Nothing was written") && fault == .full("\(fault)"))
        let before = try journal.verify()
        #expect(before.firstBroken == nil && before.entries % 2 == 1)
        try journal.limit(pages: 100_000)
        try journal.append([.cassetteRemoved])
        #expect(try journal.verify() == Verification(entries: before.entries + 1, firstBroken: nil))
    }

    @Test func `of a step that does not fit nothing is written, not even its first entry`() throws {
        let folder = try JournalFolder()
        let journal = try folder.open()
        try journal.limit(pages: 40)
        let evidence = String(repeating: "jam ", count: 100_000)

        #expect(throws: JournalFault.self) {
            try journal.append([
                .cassetteRemoved,
                .alarmRaised(
                    alarm: AlarmKey(.acceptorJam, "billAcceptor/0"), severity: .major,
                    evidence: evidence),
            ])
        }

        #expect(try journal.verify() == Verification(entries: 1, firstBroken: nil))
    }

    @Test(.enabled(if: SmallDisk.canMount, "needs the right to mount a small tmpfs"))
    func `a real disk without room gives the same, and the file survives`() throws {
        let disk = try SmallDisk(kibibytes: 512)
        let folder = try JournalFolder(disk.folder + "/state")
        var (fault, kept): (JournalFault?, Int64) = (nil, 0)
        do {
            let journal = try folder.open()
            fault = journal.fill()
            kept = try journal.verify().entries
        }

        try disk.grow(kibibytes: 4096)
        let again = try folder.open()
        try again.append([.cassetteInserted])

        #expect(fault == .full("\(try #require(fault))"))
        #expect(try again.verify() == Verification(entries: kept + 1, firstBroken: nil))
    }

    @Test(.enabled(if: SmallDisk.canMount, "needs the right to mount a small tmpfs"))
    func `a kiosk that starts on a full disk reads its journal`() throws {
        let disk = try SmallDisk(kibibytes: 512)
        let folder = try JournalFolder(disk.folder + "/state")
        do {
            let journal = try folder.open()
            try journal.append(all: Visited.note(50))
            try disk.fill()
        }

        let again = try folder.open()

        #expect(try again.fold().ledger.balance(.stacker) == .yuan(50))
        let fault = again.fill()
        #expect(fault == .full("\(fault)"))
    }

    @Test func `a write that the kernel refuses breaks the journal`() async throws {
        await #expect(processExitsWith: .success) {
            let journal = try JournalFolder().open()
            // Writes beyond this size fail with EFBIG instead of the signal that kills.
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 200_000, rlim_max: 200_000)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)

            let fault = journal.fill()

            guard case .broken = fault else { exit(1) }
        }
    }
}

extension Journal {
    /// Appends pairs until the journal refuses.
    func fill() -> JournalFault {
        while true {
            do throws(JournalFault) {
                try append([.cassetteRemoved, .cassetteInserted])
            } catch {
                return error
            }
        }
    }

    func limit(pages: Int) throws {
        try database.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA max_page_count = \(pages)")
        }
    }
}

/// A file system of a few hundred kilobytes, for as long as the test lives.
final class SmallDisk {
    let folder: String

    init(kibibytes: Int) throws {
        folder = NSTemporaryDirectory() + "kiosk-disk-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        guard mount("tmpfs", folder, "tmpfs", 0, "size=\(kibibytes)k") == 0 else {
            throw POSIXError(.EPERM)
        }
    }

    func grow(kibibytes: Int) throws {
        guard mount("tmpfs", folder, "tmpfs", UInt(MS_REMOUNT), "size=\(kibibytes)k") == 0 else {
            throw POSIXError(.EPERM)
        }
    }

    /// Leaves no room for a single page.
    func fill() throws {
        let ballast = Glibc.open(folder + "/ballast", O_CREAT | O_WRONLY, 0o600)
        defer { close(ballast) }
        let page = [UInt8](repeating: 0, count: 4096)
        while write(ballast, page, page.count) > 0 {}
    }

    deinit {
        umount2(folder, Int32(MNT_DETACH))
        rmdir(folder)
    }

    static let canMount: Bool = (try? SmallDisk(kibibytes: 64)) != nil
}
