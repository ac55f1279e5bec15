internal import DeviceKit
internal import KioskModel
internal import VirtualWorld

/// What the driver and the queue have to do with each other right now.
final class PaperState: @unchecked Sendable {
    /// Receipts on their way.
    fileprivate(set) var jobs: Set<Int> = []
}

/// The printer's clock: between two receipts the driver looks at the queue less often.
struct PaperTime: Timekeeper {
    let time: VirtualScheduler
    let state: PaperState
    let pause: Duration
    let longest: Duration

    var now: Timestamp { time.now }

    func sleep(for duration: Duration) async throws {
        guard duration == pause, longest > pause, state.jobs.isEmpty else {
            return try await time.sleep(for: duration)
        }
        try await time.sleep(for: longest)
    }
}

/// The print queue as one process of the kiosk holds it.
struct PaperLine: PrintLink {
    let printer: VirtualPrinter
    let pulse: Pulse
    let stage: Stage
    let paper: PaperState

    func submit(_ bytes: [UInt8], title: String) async throws(Fault) -> Int {
        if title != "check" { stage.reach(.print, title) }
        try check()
        let job = try await printer.submit(bytes, title: title)
        if title != "check" { paper.jobs.insert(job) }
        return job
    }

    func state(ofJob job: Int) async throws(Fault) -> PrintJobState {
        try check()
        let state = try await printer.state(ofJob: job)
        if ![.pending, .processing].contains(state) { paper.jobs.remove(job) }
        return state
    }

    func queueState() async throws(Fault) -> PrintQueueState {
        try check()
        return try await printer.queueState()
    }

    func cancelAll() async throws(Fault) {
        try check()
        paper.jobs = []
        try await printer.cancelAll()
    }

    func resume() async throws(Fault) {
        try check()
        try await printer.resume()
    }

    private func check() throws(Fault) {
        guard pulse.isAlive else {
            throw Fault(
                .communication, .reset, operation: "ask for print queue", expected: "an answer",
                got: "got no print service", remedy: "Start the print service.")
        }
    }
}
