import Foundation
import GRDB
import KioskModel
import OfficeProtocol
import Testing
import VirtualWorld

@testable import Office

/// An office on a real file, a virtual billing system, and virtual time.
struct Town: Sendable {
    let scheduler: VirtualScheduler
    let billing: VirtualBilling
    let folder: Folder
    var path: String { folder.path + "/office.sqlite" }

    init(seed: UInt64 = 1) throws {
        scheduler = VirtualScheduler(seed: seed)
        billing = VirtualBilling(scheduler)
        folder = try Folder()
    }

    func open(_ path: String? = nil) throws -> Office {
        try Office(
            database: path ?? self.path, billing: billing, timekeeper: scheduler, random: { 0.5 })
    }

    /// The files as a power cut would leave them now, at another place.
    func copyOfDisk(from disk: String? = nil) throws -> String {
        let path = disk ?? self.path
        let copy = folder.path + "/\(UUID().uuidString).sqlite"
        for end in ["", "-wal"] where FileManager.default.fileExists(atPath: path + end) {
            try FileManager.default.copyItem(atPath: path + end, toPath: copy + end)
        }
        return copy
    }

    /// Runs the body, and posting beside it, in virtual time.
    func run<Value: Sendable>(_ body: @escaping @Sendable (Office) async throws -> Value) throws
        -> Value
    {
        let office = try open()
        return try scheduler.run { try await Town.posting(office) { try await body(office) } }
    }

    /// Posting goes on while the body runs.
    static func posting<Value: Sendable>(
        _ office: Office, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await office.run() }
            let value = try await body()
            group.cancelAll()
            return value
        }
    }

    func wait(_ duration: Duration) async throws { try await scheduler.sleep(for: duration) }
}

/// A temporary folder, gone with its last owner. In memory where there is such a place: what is tested here is what SQLite was
/// asked for, and a shared disk's fsync would take most of the time.
final class Folder: Sendable {
    let path: String

    init() throws {
        let memory = "/dev/shm"
        let place =
            FileManager.default.isWritableFile(atPath: memory)
            ? memory : FileManager.default.temporaryDirectory.path
        path = place + "/office-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

extension Office {
    /// Sends whole lanes, in batches of the largest size.
    func takeAll(_ kiosk: VirtualKiosk, from first: Int64 = 1) async throws {
        for lane in Lane.allCases {
            var next = first
            while next <= kiosk.count(lane) {
                let end = min(kiosk.count(lane), next + 199)
                #expect(try await take(kiosk.batch(next...end, lane), from: kiosk.id).acked == end)
                next = end + 1
            }
        }
    }

    func refusal(of batch: Batch, from kiosk: KioskID) async -> Refusal? {
        do throws(Refusal) {
            _ = try await take(batch, from: kiosk)
            return nil
        } catch { return error }
    }

    func balance(_ account: String) async -> Int64? { await ledger().accounts[account] }

    func caseKinds() async -> [String] { await cases().filter { $0.closedAt == nil }.map(\.kind) }

    func order(_ id: OrderID) async -> OrderRow? {
        await orders(state: nil, limit: 10_000).first { $0.id == id.text }
    }

    /// The ledger summed anew from the transfers themselves.
    func sumOfTransfers() throws -> [String: [String: Int64]] {
        try store.read { db in
            var sums: [String: [String: Int64]] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT * FROM transfers") {
                let (kiosk, fen): (String, Int64) = (row["kiosk"], row["fen"])
                for (side, name): (Int64, String) in [(1, row["debit"]), (-1, row["credit"])] {
                    let sign: Int64 = ["RECEIVED", "UNLOCATED"].contains(name) ? 1 : -1
                    sums[kiosk, default: [:]][name, default: 0] += side * sign * fen
                }
            }
            return sums
        }
    }
}
