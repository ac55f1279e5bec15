public import DeviceKit
public import KioskModel

/// A virtual validator at the far end of a serial line, in this process: for drivers and scenarios under any clock.
///
/// Everything happens on the timekeeper's monotonic clock; under a `VirtualScheduler` motions take no real time.
public actor VirtualSerialLine: ByteLink {
    /// Bytes that may wait unread; a real port loses what is more.
    public static let waitingMax = 4096
    /// How long a reader sleeps at most before it looks again: somebody may have pulled the plug.
    private static let lookAgain = Duration.milliseconds(10)

    private var validator: VirtualValidator
    private let timekeeper: any Timekeeper
    private var isOpen = false
    private var coming: [VirtualValidator.Reply] = []

    public init(validator: VirtualValidator, timekeeper: any Timekeeper) {
        (self.validator, self.timekeeper) = (validator, timekeeper)
    }

    /// Says a sentence to the validator, as `kiosk-sim` does: "notes 50 20", "fault jam-stacker", "unplug".
    @discardableResult
    public func say(_ words: String) throws -> String {
        let answer = try validator.say(words, at: nowNs)
        if !validator.isPlugged { coming = [] }
        return answer
    }

    /// Where every note is now.
    public func truth() -> ValidatorTruth { validator.truth(at: nowNs) }

    public func open() async throws(Fault) {
        try checkPlug("open")
        isOpen = true
        coming = []
    }

    public func close() async { isOpen = false }

    public func write(_ bytes: [UInt8]) async throws(Fault) {
        try checkOpen("write to")
        coming += validator.receive(bytes, at: nowNs)
        while coming.reduce(0, { $0 + $1.bytes.count }) > VirtualSerialLine.waitingMax {
            coming.removeFirst()
        }
    }

    public func read(within limit: Duration) async throws(Fault) -> [UInt8] {
        let endNs = nowNs + limit.nanoseconds
        while true {
            try checkOpen("read")
            let arrived = takeArrived()
            if !arrived.isEmpty { return arrived }
            let left = Duration.nanoseconds(endNs - nowNs)
            guard left > .zero else { return [] }
            let next = coming.map(\.atNs).min().map { Duration.nanoseconds($0 - nowNs) }
            let wait = min(left, next ?? left, VirtualSerialLine.lookAgain)
            do { try await timekeeper.sleep(for: wait) } catch { return [] }
        }
    }

    public func discardInput() async throws(Fault) {
        try checkOpen("clear")
        coming.removeAll { $0.atNs <= nowNs }
    }

    private var nowNs: Int64 { timekeeper.now.monotonicNs }

    private func takeArrived() -> [UInt8] {
        let nowNs = nowNs
        let arrived = coming.filter { $0.atNs <= nowNs }
        coming.removeAll { $0.atNs <= nowNs }
        return arrived.flatMap(\.bytes)
    }

    private func checkPlug(_ verb: String) throws(Fault) {
        guard validator.isPlugged else {
            isOpen = false
            throw Fault(
                .communication, .maintenance, operation: "\(verb) serial line",
                expected: "a device", got: "got none: it is unplugged",
                remedy: "Plug the acceptor's cable in.")
        }
    }

    private func checkOpen(_ verb: String) throws(Fault) {
        try checkPlug(verb)
        guard isOpen else {
            throw Fault(
                .communication, .reset, operation: "\(verb) serial line",
                expected: "an open line", got: "it is closed", remedy: "Open it first.")
        }
    }
}
