import DeviceKit
import KioskModel
import Testing
import VirtualWorld

struct VirtualPrinterTests {
    /// What became of one job three seconds after it was sent, and what the queue says.
    private func printed(after words: String...) throws -> (PrintJobState, PrintQueueState, Int) {
        let scheduler = VirtualScheduler(seed: 1)
        return try scheduler.run {
            let printer = VirtualPrinter(timekeeper: scheduler)
            for word in words { try await printer.say(word) }
            let job = try await printer.submit([1, 2, 3, 4], title: "receipt")
            try await scheduler.sleep(for: .seconds(3))
            let state = try await printer.state(ofJob: job)
            return (state, try await printer.queueState(), await printer.printed.count)
        }
    }

    @Test func `a job comes out in time`() throws {
        let (job, queue, count) = try printed()

        #expect(job == .completed && queue.state == .idle && count == 1)
    }

    @Test(arguments: [
        ("paper-out", "media-empty-error"), ("cover-open", "cover-open-error"),
        ("jam", "media-jam-error"),
    ])
    func `a job waits while something is in the way, and the queue says what`(
        word: String, reason: String
    ) throws {
        let (job, queue, count) = try printed(after: "fault \(word)")

        #expect(job == .processing && queue.reasons == [reason] && count == 0)
    }

    @Test func `low paper prints; a slow or dying printer does not get there`() throws {
        #expect(try printed(after: "fault paper-low").0 == .completed)
        #expect(try printed(after: "fault slow").0 == .processing)
        let (job, queue, count) = try printed(after: "fault dies")
        #expect(job == .processing && count == 0 && !queue.message.isEmpty)
    }

    @Test func `an off printer only shows in the message; a dead service answers nothing`() throws {
        let (job, queue, _) = try printed(after: "fault off")
        #expect(job == .processing && queue.reasons.isEmpty && !queue.message.isEmpty)
        #expect(throws: Fault.self) { try printed(after: "fault service-gone") }
    }

    @Test func `a cancelled job does not come out after the refill`() throws {
        let scheduler = VirtualScheduler(seed: 1)
        let (state, count) = try scheduler.run {
            let printer = VirtualPrinter(timekeeper: scheduler)
            try await printer.say("fault paper-out")
            let job = try await printer.submit([1], title: "receipt")
            try await printer.cancelAll()
            try await printer.say("clear paper-out")
            try await scheduler.sleep(for: .seconds(60))
            return (try await printer.state(ofJob: job), await printer.printed.count)
        }

        #expect(state == .canceled && count == 0)
    }

    @Test func `an unknown word and an unknown job say so`() throws {
        let scheduler = VirtualScheduler(seed: 1)
        let state = try scheduler.run {
            let printer = VirtualPrinter(timekeeper: scheduler)
            await #expect(throws: WordTrouble.self) { try await printer.say("fault fire") }
            return try await printer.state(ofJob: 7)
        }

        #expect(state == .unknown)
    }
}
