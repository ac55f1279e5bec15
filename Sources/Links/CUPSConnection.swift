internal import CCups
internal import KioskModel

/// One connection to CUPS for one question; closed when it is let go. Never leaves its link's thread.
final class CUPSConnection {
    /// How long connecting, and each silence of CUPS afterwards, may last.
    static let limit: Duration = .seconds(5)

    private let http: OpaquePointer
    private let queue: String
    private let operation: String

    init(queue: String, server: String?, operation: String) throws(Fault) {
        (self.queue, self.operation) = (queue, operation)
        if let server { cupsSetServer(server) }
        // The default would ask for a password on the terminal, and wait.
        cupsSetPasswordCB2({ _, _, _, _, _ in nil }, nil)
        let limitMs = Int32(CUPSConnection.limit.components.seconds) * 1000
        guard
            let http = httpConnect2(
                cupsServer(), ippPort(), nil, AF_UNSPEC, cupsEncryption(), 1, limitMs, nil)
        else { throw CUPSConnection.unreachable(operation) }
        httpSetTimeout(http, Double(CUPSConnection.limit.components.seconds), { _, _ in 0 }, nil)
        self.http = http
    }

    deinit { httpClose(http) }

    /// Asks, and takes no for a fault.
    func ask(_ request: IPPMessage, at resource: String, document: [UInt8] = []) throws(Fault)
        -> IPPMessage
    {
        guard let answer = try find(request, at: resource, document: document) else {
            throw Fault(
                .software, .configuration, operation: operation,
                expected: "a print queue `\(queue)`", got: "got none of that name",
                remedy: "Compare `lpstat -p` with `link: { cups: … }` in the configuration.")
        }
        return answer
    }

    /// Asks; nil when what was asked for does not exist.
    func find(_ request: IPPMessage, at resource: String, document: [UInt8] = []) throws(Fault)
        -> IPPMessage?
    {
        let pointer =
            document.isEmpty
            ? cupsDoRequest(http, request.release(), resource)
            : try send(request, at: resource, document)
        guard let pointer else { throw refusedOrGone() }
        let answer = IPPMessage(taking: pointer)
        switch answer.status {
        case IPP_STATUS_ERROR_NOT_FOUND: return nil
        // Source: RFC 8011 B.1: below 0x0100 are the successes.
        case let status where status.rawValue < 0x0100: return answer
        default: throw refusedOrGone()
        }
    }

    func nonsense(_ expected: String) -> Fault {
        Fault(
            .software, .maintenance, operation: operation, expected: "\(expected) from CUPS",
            got: "got an answer without it", remedy: "Look at CUPS's error log.")
    }

    private func send(_ request: IPPMessage, at resource: String, _ document: [UInt8])
        throws(Fault) -> OpaquePointer?
    {
        let length = request.length + document.count
        let begun = cupsSendRequest(http, request.pointer, resource, length)
        guard begun == HTTP_STATUS_CONTINUE else { throw refusedOrGone() }
        let written = document.withUnsafeBytes {
            cupsWriteRequestData(
                http, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
        }
        guard written == HTTP_STATUS_CONTINUE else { throw refusedOrGone() }
        return cupsGetResponse(http, resource)
    }

    /// A status that CUPS itself gave is a refusal; what libcups made up for a broken connection is not.
    private func refusedOrGone() -> Fault {
        let status = cupsLastError()
        switch status {
        case IPP_STATUS_ERROR_INTERNAL, IPP_STATUS_ERROR_SERVICE_UNAVAILABLE,
            IPP_STATUS_CUPS_INVALID:
            return CUPSConnection.unreachable(operation)
        case let status where status.rawValue < 0x0100:
            return CUPSConnection.unreachable(operation)
        case IPP_STATUS_ERROR_FORBIDDEN, IPP_STATUS_ERROR_NOT_AUTHENTICATED,
            IPP_STATUS_ERROR_NOT_AUTHORIZED, IPP_STATUS_ERROR_CUPS_AUTHENTICATION_CANCELED:
            return Fault(
                .software, .configuration, operation: operation,
                expected: "the right to manage queue `\(queue)`",
                got: "got \(CUPSConnection.lastWords)",
                remedy: "Put the service's user into the group lpadmin.")
        default:
            return Fault(
                .software, .configuration, operation: operation,
                expected: "CUPS to do it on queue `\(queue)`",
                got: "got \(CUPSConnection.lastWords)",
                remedy: "Look at the queue with `lpstat -p \(queue)` and at CUPS's error log.")
        }
    }

    private static func unreachable(_ operation: String) -> Fault {
        let server = cupsServer().map { String(cString: $0) } ?? "its usual address"
        return Fault(
            .communication, .maintenance, operation: operation,
            expected: "an answer of CUPS at \(server) within \(limit.components.seconds) s",
            got: "got \(lastWords)",
            remedy: "Start CUPS (`systemctl start cups`) and look whether `lpstat -r` answers.")
    }

    private static var lastWords: String {
        cupsLastErrorString().map { String(cString: $0) } ?? "nothing"
    }
}

/// An IPP request or answer. Source: RFC 8010 3.1.
final class IPPMessage {
    private(set) var pointer: OpaquePointer?

    init(_ operation: ipp_op_t) { pointer = ippNewRequest(operation) }
    init(taking answer: OpaquePointer) { pointer = answer }
    deinit { ippDelete(pointer) }

    /// Hands it to a call that deletes it.
    func release() -> OpaquePointer? {
        defer { pointer = nil }
        return pointer
    }

    var length: Int { ippLength(pointer) }
    var status: ipp_status_t { ippGetStatusCode(pointer) }

    func add(_ name: String, _ tag: ipp_tag_t, _ values: String...) {
        var attribute: OpaquePointer?
        for (place, value) in values.enumerated() {
            if place == 0 {
                attribute = ippAddString(pointer, IPP_TAG_OPERATION, tag, name, nil, value)
            } else {
                ippSetString(pointer, &attribute, Int32(place), value)
            }
        }
    }

    func addUser() {
        ippAddString(
            pointer, IPP_TAG_OPERATION, IPP_TAG_NAME, "requesting-user-name", nil, cupsUser())
    }

    func addJob(_ name: String, _ value: Int32) {
        ippAddInteger(pointer, IPP_TAG_JOB, IPP_TAG_INTEGER, name, value)
    }

    func integer(_ name: String) -> Int? {
        attribute(name).map { Int(ippGetInteger($0, 0)) }
    }

    func boolean(_ name: String) -> Bool? {
        attribute(name).map { ippGetBoolean($0, 0) != 0 }
    }

    func texts(_ name: String) -> [String] {
        guard let attribute = attribute(name) else { return [] }
        return (0..<ippGetCount(attribute)).compactMap { place in
            ippGetString(attribute, place, nil).map { String(cString: $0) }
        }
    }

    private func attribute(_ name: String) -> OpaquePointer? {
        ippFindAttribute(pointer, name, IPP_TAG_ZERO)
    }
}
