import DeviceKit
import KioskModel
import Testing
import VirtualWorld

struct VirtualSerialLineTests {
    private func run<Result: Sendable>(
        _ body: @escaping @Sendable (VirtualSerialLine, VirtualScheduler) async throws -> Result
    ) throws -> Result {
        let scheduler = VirtualScheduler(seed: 1)
        let line = VirtualSerialLine(validator: VirtualValidator(), timekeeper: scheduler)
        return try scheduler.run {
            try await scheduler.sleep(for: .seconds(1))
            return try await body(line, scheduler)
        }
    }

    @Test func `a poll is answered within the time of the protocol`() throws {
        let (answer, took) = try run { line, scheduler in
            try await line.open()
            let start = scheduler.nowNs
            try await line.write([0x02, 0x03, 0x06, 0x33, 0xDA, 0x81])
            return (try await line.read(within: .milliseconds(60)), scheduler.nowNs - start)
        }

        #expect(answer == TestBench.frame([0x10]))
        #expect(took == 2_000_000)
    }

    @Test func `silence takes exactly the reader's patience`() throws {
        let took = try run { line, scheduler in
            try await line.open()
            let start = scheduler.nowNs
            #expect(try await line.read(within: .milliseconds(65)).isEmpty)
            return scheduler.nowNs - start
        }

        #expect(took == 65_000_000)
    }

    @Test func `a pulled plug is a communication fault, also for a waiting reader`() throws {
        let kinds = try run { line, scheduler in
            try await line.open()
            let waiting = await withTaskGroup(of: Fault.Kind?.self) { group in
                group.addTask {
                    do throws(Fault) {
                        _ = try await line.read(within: .seconds(5))
                        return nil
                    } catch { return error.kind }
                }
                group.addTask {
                    try? await scheduler.sleep(for: .milliseconds(50))
                    _ = try? await line.say("unplug")
                    return nil
                }
                return await group.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
            }
            var reopened: Fault.Kind?
            do throws(Fault) { try await line.open() } catch { reopened = error.kind }
            try await line.say("plug")
            try await line.open()
            return waiting + (reopened.map { [$0] } ?? [])
        }

        #expect(kinds == [.communication, .communication])
    }

    @Test func `opening throws away what was waiting`() throws {
        let answer = try run { line, scheduler in
            try await line.open()
            try await line.write(TestBench.frame([0x33]))
            try await line.open()
            return try await line.read(within: .milliseconds(50))
        }

        #expect(answer.isEmpty)
    }

    @Test func `a closed line is refused`() throws {
        try run { line, _ in
            await line.close()
            await #expect(throws: Fault.self) { try await line.write([0x02]) }
        }
    }
}
