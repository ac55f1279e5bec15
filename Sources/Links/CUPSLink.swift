internal import CCups
public import DeviceKit
internal import Glibc
public import KioskModel

/// A CUPS print queue, asked over IPP with libcups.
///
/// Every call uses a connection of its own, so a CUPS that was restarted is found at once, and gives up within
/// `CUPSConnection.limit`. libcups blocks and keeps settings per thread: it runs on a thread of the link's own.
/// Source of the operations: RFC 8011 4.2 and 4.3; CUPS Implementation of IPP.
public actor CUPSLink: PrintLink {
    /// A receipt has some kilobytes; with a raster image some hundred.
    private static let documentMax = 1 << 20
    /// A second net below the printer's own limit: CUPS itself gives up a job after that many seconds.
    private static let jobSecondsMax: Int32 = 120

    private let queue: String
    private let server: String?
    private let thread = LinkThread()

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        thread.asUnownedSerialExecutor()
    }

    /// - Parameters:
    ///   - queue: the name that `lpstat -p` shows.
    ///   - server: the socket of a CUPS of our own; nil: the machine's, or what `CUPS_SERVER` names.
    public init(queue: String, server: String? = nil) {
        (self.queue, self.server) = (queue, server)
    }

    public func submit(_ bytes: [UInt8], title: String) async throws(Fault) -> Int {
        guard (1...CUPSLink.documentMax).contains(bytes.count) else {
            throw Fault(
                .software, .configuration, operation: "print",
                expected: "1 to \(CUPSLink.documentMax) bytes", got: "got \(bytes.count)",
                remedy: "Report it: a receipt is never that long.")
        }
        let connection = try connect("print")
        let request = question(IPP_OP_PRINT_JOB)
        request.add("job-name", IPP_TAG_NAME, String(title.prefix(60)))
        request.add("document-format", IPP_TAG_MIMETYPE, CUPS_FORMAT_RAW)
        request.addJob("job-cancel-after", CUPSLink.jobSecondsMax)
        let answer = try connection.ask(request, at: "/printers/\(escapedQueue)", document: bytes)
        guard let job = answer.integer("job-id") else {
            throw connection.nonsense("a job id")
        }
        return job
    }

    public func state(ofJob job: Int) async throws(Fault) -> PrintJobState {
        guard let number = Int32(exactly: job), number > 0 else { return .unknown }
        let connection = try connect("ask for a print job")
        let request = IPPMessage(IPP_OP_GET_JOB_ATTRIBUTES)
        request.add("job-uri", IPP_TAG_URI, "ipp://localhost/jobs/\(number)")
        request.addUser()
        request.add("requested-attributes", IPP_TAG_KEYWORD, "job-state")
        guard let answer = try connection.find(request, at: "/jobs/\(number)") else {
            return .unknown
        }
        guard let state = answer.integer("job-state").flatMap(PrintJobState.init(rawValue:)) else {
            throw connection.nonsense("a job state of 3 to 9")
        }
        return state
    }

    public func queueState() async throws(Fault) -> PrintQueueState {
        let connection = try connect("ask the print queue")
        let request = question(IPP_OP_GET_PRINTER_ATTRIBUTES)
        request.add(
            "requested-attributes", IPP_TAG_KEYWORD, "printer-state", "printer-state-reasons",
            "printer-state-message", "printer-is-accepting-jobs")
        let answer = try connection.ask(request, at: "/")
        guard
            let state = answer.integer("printer-state").flatMap(
                PrintQueueState.State.init(rawValue:))
        else { throw connection.nonsense("a printer state of 3 to 5") }
        return PrintQueueState(
            state: state,
            reasons: answer.texts("printer-state-reasons").filter { $0 != "none" },
            message: answer.texts("printer-state-message").first ?? "",
            acceptsJobs: answer.boolean("printer-is-accepting-jobs") ?? true)
    }

    public func cancelAll() async throws(Fault) {
        let connection = try connect("cancel the print jobs")
        _ = try connection.ask(question(IPP_OP_CANCEL_JOBS), at: "/admin/")
    }

    public func resume() async throws(Fault) {
        let connection = try connect("resume the print queue")
        _ = try connection.ask(question(IPP_OP_RESUME_PRINTER), at: "/admin/")
    }

    /// A request about the queue.
    private func question(_ operation: ipp_op_t) -> IPPMessage {
        let request = IPPMessage(operation)
        request.add("printer-uri", IPP_TAG_URI, "ipp://localhost/printers/\(escapedQueue)")
        request.addUser()
        return request
    }

    private func connect(_ operation: String) throws(Fault) -> CUPSConnection {
        try CUPSConnection(queue: queue, server: server, operation: operation)
    }

    /// Source: RFC 3986 2.1; what is not unreserved becomes %XX.
    private var escapedQueue: String {
        queue.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                String(UnicodeScalar(byte))
            default:
                "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}
