public import KioskModel

/// A link with a transcript at its far end: it answers the driver as the device did, asks what the host asked, and holds
/// the driver to every byte and event. Silences pass on the timekeeper, so a replay on virtual time takes none.
public actor TranscriptLink: ByteLink {
    /// A replay that is not through by then never will be.
    public static let limit: Duration = .seconds(3600)

    private let transcript: Transcript
    private let timekeeper: any Timekeeper
    private var acceptor: (any BillAcceptor)?
    private var next = 0
    /// When the line before `next` happened.
    private var since: Int64 = 0
    private var isUnplugged = false
    private let ended: AsyncStream<TranscriptFault?>
    private let end: AsyncStream<TranscriptFault?>.Continuation
    private var isOver = false

    public init(_ transcript: Transcript, timekeeper: any Timekeeper) {
        (self.transcript, self.timekeeper) = (transcript, timekeeper)
        (ended, end) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
    }

    /// Runs an acceptor that was made with this link to the end of the transcript.
    ///
    /// - Throws: the first line that did not come about, with what came instead.
    public func replay(_ acceptor: any BillAcceptor) async throws(TranscriptFault) {
        self.acceptor = acceptor
        let (timekeeper, ended) = (timekeeper, ended)
        let verdict = await withTaskGroup(of: Void.self) { group -> TranscriptFault? in
            group.addTask { await acceptor.run { try await self.hear($0) } }
            group.addTask {
                try? await timekeeper.sleep(for: Self.limit)
                await self.finish("expected to be through, got nothing more for \(Self.limit)")
            }
            var verdict: TranscriptFault?
            for await fault in ended {
                verdict = fault
                break
            }
            group.cancelAll()
            return verdict
        }
        if let verdict { throw verdict }
    }

    // What the driver reports

    private struct Unrecorded: Error {}

    private func hear(_ event: AcceptorEvent) async throws {
        guard !isOver else { return }
        let text = event.transcriptText
        guard case .event(let expected) = content, expected == text else {
            return finish("expected \(wanted), got the event `\(text)`")
        }
        advance()
        if case .unrecorded = content {
            advance()
            throw Unrecorded()
        }
        await askRequests()
    }

    // What the driver does with the link

    public func open() async throws(Fault) {
        guard !isOver else { return await park() }
        if case .absent = content {
            advance()
            throw gone("open link")
        }
        isUnplugged = false
        await askRequests()
        if content == nil { await over() }
    }

    public func write(_ bytes: [UInt8]) async throws(Fault) {
        guard !isOver else { return await park() }
        passSilence()
        try checkPlug("write")
        guard content != nil else { return await over() }
        guard case .toDevice(let expected) = content, Self.fits(expected, bytes) else {
            finish("expected \(wanted), got a write of \(Self.hex(bytes))")
            return await park()
        }
        advance()
        await askRequests()
    }

    public func read(within limit: Duration) async throws(Fault) -> [UInt8] {
        guard !isOver else {
            await park()
            return []
        }
        try checkPlug("read")
        var limit = limit
        if case .silence(let silence) = content {
            let left = max(.zero, silence - elapsed)
            guard left <= limit else {
                try? await timekeeper.sleep(for: limit)
                return []
            }
            try? await timekeeper.sleep(for: left)
            limit -= left
            advance()
            try checkPlug("read")
        }
        guard case .fromDevice(let bytes) = content else {
            if content == nil { await over() }
            try? await timekeeper.sleep(for: limit)
            return []
        }
        advance()
        await askRequests()
        return bytes.map { if case .known(let byte) = $0 { byte } else { 0 } }
    }

    public func discardInput() async throws(Fault) {
        guard !isOver else { return }
        passSilence()
        try checkPlug("read")
        while case .fromDevice = content {
            advance()
            passSilence()
        }
    }

    public func close() async {}

    // Where the replay is

    private var content: Transcript.Content? {
        next < transcript.lines.count ? transcript.lines[next].content : nil
    }

    private var elapsed: Duration { .nanoseconds(timekeeper.now.monotonicNs - since) }

    private func advance() {
        next += 1
        since = timekeeper.now.monotonicNs
    }

    private func passSilence() {
        if case .silence(let silence) = content, elapsed >= silence { advance() }
    }

    private func askRequests() async {
        while case .request(let request) = content {
            advance()
            if let request { await acceptor?.request(request) }
        }
    }

    private func checkPlug(_ verb: String) throws(Fault) {
        if case .unplugged = content {
            isUnplugged = true
            advance()
        }
        if isUnplugged { throw gone("\(verb) link") }
    }

    private func gone(_ operation: String) -> Fault {
        Fault(
            .communication, .maintenance, operation: operation, expected: "a device",
            got: "got none",
            remedy: "Plug the device in.")
    }

    /// The driver goes on behind the last line: the transcript is exhausted.
    private func over() async {
        isOver = true
        end.yield(nil)
        await park()
    }

    private func finish(_ problem: String) {
        guard !isOver else { return }
        isOver = true
        let line = next < transcript.lines.count ? transcript.lines[next].number : 0
        end.yield(TranscriptFault(file: transcript.file, line: line, problem: problem))
    }

    /// The replay has ended; the driver waits here until it is cancelled.
    private func park() async { try? await timekeeper.sleep(for: Self.limit) }

    private var wanted: String {
        switch content {
        case .toDevice(let bytes): "a write of \(Self.text(bytes))"
        case .fromDevice: "a read"
        case .event(let text): "the event `\(text)`"
        case .silence(let silence): "a silence of \(silence), \(elapsed) of it have passed"
        case .request, .unplugged, .absent, .unrecorded: "the line's trouble"
        case nil: "nothing more"
        }
    }

    private static func fits(_ expected: [Transcript.Byte], _ bytes: [UInt8]) -> Bool {
        expected.count == bytes.count
            && zip(expected, bytes).allSatisfy { $0 == .masked || $0 == .known($1) }
    }

    private static func text(_ bytes: [Transcript.Byte]) -> String {
        bytes.map { if case .known(let byte) = $0 { hex([byte]) } else { "**" } }
            .joined(separator: " ")
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
            .joined(separator: " ")
    }
}
