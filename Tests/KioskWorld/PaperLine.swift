internal import DeviceKit
internal import KioskModel
internal import VirtualWorld

/// The print queue as one process of the kiosk holds it.
struct PaperLine: PrintLink {
    let printer: VirtualPrinter
    let pulse: Pulse
    let stage: Stage

    func submit(_ bytes: [UInt8], title: String) async throws(Fault) -> Int {
        if title != "check" { stage.reach(.print, title) }
        try check()
        return try await printer.submit(bytes, title: title)
    }

    func state(ofJob job: Int) async throws(Fault) -> PrintJobState {
        try check()
        return try await printer.state(ofJob: job)
    }

    func queueState() async throws(Fault) -> PrintQueueState {
        try check()
        return try await printer.queueState()
    }

    func cancelAll() async throws(Fault) {
        try check()
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
