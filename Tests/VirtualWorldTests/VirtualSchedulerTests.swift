import KioskModel
import Testing
import VirtualWorld

struct VirtualSchedulerTests {
    @Test func `a year of sleep passes at once and the clock knows it`() throws {
        let scheduler = VirtualScheduler(seed: 1)

        try scheduler.run { try await scheduler.sleep(for: .seconds(365 * 86_400)) }

        #expect(scheduler.nowNs == 365 * 86_400 * 1_000_000_000)
    }

    @Test func `the same seed gives the same order, another seed another`() throws {
        func order(_ seed: UInt64) throws -> [Int] {
            let scheduler = VirtualScheduler(seed: seed)
            return try scheduler.run {
                await withTaskGroup(of: Int.self) { group in
                    for number in 0..<20 { group.addTask { number } }
                    return await group.reduce(into: []) { $0.append($1) }
                }
            }
        }

        #expect(try order(7) == order(7))
        #expect(try order(7) != order(8))
    }

    @Test func `a cancelled sleeper wakes at once with an error`() throws {
        let scheduler = VirtualScheduler(seed: 1)

        let woken = try scheduler.run {
            await withTaskGroup(of: Bool.self) { group in
                group.addTask { (try? await scheduler.sleep(for: .seconds(60))) == nil }
                group.cancelAll()
                return await group.next() ?? false
            }
        }

        #expect(woken)
        #expect(scheduler.nowNs == 0)
    }

    @Test func `a body that waits for nobody is stuck, not endless`() throws {
        let scheduler = VirtualScheduler(seed: 1)

        #expect(throws: VirtualScheduler.Trouble.stuck) {
            try scheduler.run {
                let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
                for await _ in stream {}
                continuation.finish()
            }
        }
    }
}
