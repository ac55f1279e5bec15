internal import DeviceKit
internal import KioskModel

/// Why a connection with a unit ended.
enum Ending: Error {
    case lost(Fault)
    /// The kiosk could not make an event durable: nothing more is said to the unit until it can.
    case unrecorded
    case cancelled
}

/// What the kiosk asked for the note held now.
enum Decision { case stack, returnNote }

/// What the kiosk believes of a unit, as it was last told.
struct Told {
    /// The same loss is not told twice.
    var loss: Fault?
    var conditions: Set<AcceptorCondition> = []
}

/// What the drivers of polled units do alike, whatever the protocol: serve a connection until it ends, come back, wait,
/// and tell.
protocol PolledAcceptor: Actor {
    var profile: BillAcceptorProfile { get }
    var timekeeper: any Timekeeper { get }
    var link: any ByteLink { get }
    var told: Told { get set }
    /// The unit was recognised: the next loss is a new one.
    var isKnown: Bool { get }
    /// Forgets what was known only as long as the last link was open.
    func begin()
    /// Opens the link and serves the unit until that ends.
    func serve(_ report: @escaping AcceptorReport) async throws(Ending)
    /// Leaves the unit so that it takes no note nobody counts. The link may be gone, the task cancelled.
    func leave(_ ending: Ending) async
}

extension PolledAcceptor {
    /// One connection after the other, until the task is cancelled.
    func keepServing(_ report: @escaping AcceptorReport) async {
        var failures = 0
        while !Task.isCancelled {
            begin()
            do {
                try await serve(report)
            } catch {
                if isKnown { failures = 0 }
                failures += 1
                if case .lost(let fault) = error { await tellLoss(fault, report) }
                await leave(error)
            }
            await link.close()
            // Cancelled: the loop's condition ends it.
            try? await timekeeper.sleep(for: backOff(failures))
        }
    }

    /// 0.5 s after the first loss, doubled to 8 s.
    private func backOff(_ failures: Int) -> Duration {
        .milliseconds(500 << min(max(failures - 1, 0), 4))
    }

    private func tellLoss(_ fault: Fault, _ report: AcceptorReport) async {
        guard fault != told.loss else { return }
        told.loss = fault
        // A loss carries no money; who cannot write it down hears of it at the next change.
        do {
            try await report(.lost(fault))
            told.conditions = []
        } catch { told.loss = nil }
    }

    var now: Int64 { timekeeper.now.monotonicNs }

    func elapsed(since moment: Int64) -> Duration { .nanoseconds(now - moment) }

    func wait(_ duration: Duration) async throws(Ending) {
        do { try await timekeeper.sleep(for: duration) } catch { throw .cancelled }
    }

    /// Hands an event over; it is durable when this returns.
    func tell(_ event: AcceptorEvent, _ report: AcceptorReport) async throws(Ending) {
        do { try await report(event) } catch { throw Task.isCancelled ? .cancelled : .unrecorded }
    }

    /// All that keeps the unit from taking cash now; told when it is another set than before.
    func tell(conditions: Set<AcceptorCondition>, _ report: AcceptorReport) async throws(Ending) {
        guard conditions != told.conditions else { return }
        try await tell(.conditions(conditions), report)
        told.conditions = conditions
    }

    func openLink() async throws(Ending) {
        do { try await link.open() } catch { throw .lost(error) }
    }

    func fault(_ operation: String, expected: String, got: String, remedy: String) -> Fault {
        Fault(
            .communication, .maintenance, operation: operation, expected: expected, got: got,
            remedy: remedy)
    }

    /// A unit that answers and yet does not work: only a person can help.
    func broken(_ operation: String, expected: String, got: String) -> Ending {
        .lost(
            Fault(
                .hardware, .maintenance, operation: operation, expected: expected, got: got,
                remedy: "Switch the unit off and on; if it stays so, change the unit."))
    }

    /// The notes of the unit's table that the profile also has, if it names any.
    func notesTaken(of table: NoteTable?) -> [BillAcceptorProfile.Note] {
        let notes = (table?.entries ?? []).compactMap { entry in
            entry.value.map { BillAcceptorProfile.Note(code: entry.type, value: $0) }
        }
        return profile.notes.isEmpty ? notes : notes.filter(profile.notes.contains)
    }

    /// What keeps this unit from being the profile's, in words; nil when nothing does.
    func wrongUnit(_ identity: DeviceIdentity, _ table: NoteTable) -> String? {
        if let expected = profile.identityContains, !identity.model.contains(expected) {
            return "identification: expected \(expected), got \(identity.model)"
        }
        return table.mismatch(currencyCodes: profile.currencyCodes, notes: profile.notes)
    }
}
