public import DeviceKit
public import KioskModel

/// A receipt printer with its queue, in this process: takes jobs, prints them in time, runs out of paper.
///
/// Jobs that came out whole stand in `printed`; what a dying printer had taken before stands in `torn`.
public actor VirtualPrinter: PrintLink {
    /// What is wrong with it; the words of `kiosk-sim fault` without their "printer-".
    public enum Condition: String, Sendable, Hashable, CaseIterable {
        case paperOut = "paper-out"
        case paperLow = "paper-low"
        case coverOpen = "cover-open"
        case jam
        case off
        /// Prints, but takes twenty times as long.
        case slow
        /// Takes half of the next job and is silent from then on.
        case dies
        /// The print service itself does not answer.
        case serviceGone = "service-gone"

        /// The name on the command line: `fault printer-jam`.
        public init?(word: String) {
            let name = word.hasPrefix("printer-") ? String(word.dropFirst(8)) : word
            self.init(rawValue: name)
        }

        /// printer-state-reasons. Source: RFC 8011 5.4.12.
        var reason: String? {
            switch self {
            case .paperOut: "media-empty-error"
            case .paperLow: "media-low-warning"
            case .coverOpen: "cover-open-error"
            case .jam: "media-jam-error"
            case .off, .slow, .dies, .serviceGone: nil
            }
        }

        var stopsPrinting: Bool {
            switch self {
            case .paperOut, .coverOpen, .jam, .off: true
            case .paperLow, .slow, .dies, .serviceGone: false
            }
        }
    }

    private struct Job {
        let bytes: [UInt8]
        var state: PrintJobState
        /// Still to print; counts only while nothing is in the way.
        var left: Duration
        /// ESC @ alone: a driver that asks how the printer is. No paper comes out.
        var isBlank: Bool { bytes == [0x1B, 0x40] }
    }

    /// Jobs that are remembered; a further one pushes out the oldest that has ended, as CUPS's MaxJobs does.
    public static let jobsMax = 1000
    public static let printTime = Duration.milliseconds(800)

    private let timekeeper: any Timekeeper
    private var jobs: [Job] = []
    /// The number of the first job in `jobs`.
    private var firstJob = 1
    /// Jobs before this place have ended.
    private var firstOpen = 0
    private var atNs: Int64
    private var conditions: Set<Condition> = []
    private var isStopped = false
    public private(set) var printed: [[UInt8]] = []
    public private(set) var torn: [[UInt8]] = []

    public init(timekeeper: any Timekeeper) {
        self.timekeeper = timekeeper
        atNs = timekeeper.now.monotonicNs
    }

    /// "fault paper-out", "clear paper-out", "clear all", "stop" (the queue stops, as CUPS does after some errors).
    @discardableResult
    public func say(_ words: String) throws(WordTrouble) -> String {
        advance()
        let parts = words.split(separator: " ").map(String.init)
        if parts == ["clear", "all"] {
            conditions = []
        } else if parts == ["stop"] {
            isStopped = true
        } else if parts.count == 2, let condition = Condition(word: parts[1]), parts[0] == "fault" {
            conditions.insert(condition)
        } else if parts.count == 2, let condition = Condition(word: parts[1]), parts[0] == "clear" {
            conditions.remove(condition)
        } else {
            let known = Condition.allCases.map(\.rawValue).joined(separator: ", ")
            throw WordTrouble(
                "printer: expected `fault WORD`, `clear WORD|all` or `stop` with one of \(known), "
                    + "got `\(words.prefix(60))`")
        }
        return "done"
    }

    public func submit(_ bytes: [UInt8], title: String) async throws(Fault) -> Int {
        try answer("submit print job")
        if jobs.count >= VirtualPrinter.jobsMax {
            guard [.completed, .canceled].contains(jobs[0].state) else {
                throw fault("submit print job", "\(VirtualPrinter.jobsMax) jobs that wait")
            }
            jobs.removeFirst()
            firstJob += 1
            firstOpen = max(0, firstOpen - 1)
        }
        var job = Job(
            bytes: bytes, state: .pending,
            left: VirtualPrinter.printTime * (conditions.contains(.slow) ? 20 : 1))
        if job.isBlank { job.left = .zero }
        jobs.append(job)
        return firstJob + jobs.count - 1
    }

    public func state(ofJob job: Int) async throws(Fault) -> PrintJobState {
        try answer("ask for print job")
        let place = job - firstJob
        return jobs.indices.contains(place) ? jobs[place].state : .unknown
    }

    public func queueState() async throws(Fault) -> PrintQueueState {
        try answer("ask for print queue")
        let busy = jobs[firstOpen...].contains { $0.state == .processing }
        let isOff = conditions.contains(.off) || conditions.contains(.dies) && !torn.isEmpty
        return PrintQueueState(
            state: isStopped ? .stopped : busy ? .processing : .idle,
            reasons: conditions.compactMap(\.reason).sorted() + (isStopped ? ["paused"] : []),
            message: isOff && busy
                ? "The printer may not exist or is unavailable at this time." : "",
            acceptsJobs: true)
    }

    public func cancelAll() async throws(Fault) {
        try answer("cancel print jobs")
        for place in jobs.indices where [.pending, .held, .processing].contains(jobs[place].state) {
            jobs[place].state = .canceled
        }
    }

    public func resume() async throws(Fault) {
        try answer("resume print queue")
        isStopped = false
    }

    private func answer(_ operation: String) throws(Fault) {
        advance()
        if conditions.contains(.serviceGone) { throw fault(operation, "no print service") }
    }

    private func fault(_ operation: String, _ got: String) -> Fault {
        Fault(
            .communication, .reset, operation: operation, expected: "an answer", got: "got \(got)",
            remedy: "Start the print service.")
    }

    /// Prints one job after the other for the time that has passed.
    private func advance() {
        let nowNs = timekeeper.now.monotonicNs
        var spare = Duration.nanoseconds(nowNs - atNs)
        atNs = nowNs
        while firstOpen < jobs.count, [.completed, .canceled].contains(jobs[firstOpen].state) {
            firstOpen += 1
        }
        for place in firstOpen..<jobs.count
        where [.pending, .processing].contains(jobs[place].state) {
            guard !isStopped else { return }
            jobs[place].state = .processing
            guard !conditions.contains(where: \.stopsPrinting) else { return }
            if conditions.contains(.dies), !(jobs[place].isBlank && torn.isEmpty) {
                if jobs[place].isBlank { return }
                let half = Array(jobs[place].bytes.prefix(jobs[place].bytes.count / 2))
                if torn.last != half { torn.append(half) }
                return
            }
            guard jobs[place].left <= spare else {
                jobs[place].left -= spare
                return
            }
            spare -= jobs[place].left
            jobs[place].state = .completed
            if !jobs[place].isBlank { printed.append(jobs[place].bytes) }
        }
    }
}
