public import KioskModel

/// A bill acceptor, whatever its protocol.
///
/// `run` owns the link and polls it for as long as the task lives: it opens the link, brings the unit up, reports what
/// happens in order, and after a loss reports `.lost` and tries again by itself. It returns only when its task is cancelled.
///
/// The order that money depends on: `report(.stacked)` returns only when the credit is durable. Only then may the driver
/// send what lets the unit forget the note; if `report` throws, it must not.
public protocol BillAcceptor: Sendable {
    func run(report: @escaping AcceptorReport) async

    /// Asks for something; it is done at the next moment the protocol allows. Never blocks on the unit.
    /// A later `accept` replaces an earlier one. `stack` and `returnNote` apply to the note held now and are dropped,
    /// without harm, when none is held.
    func request(_ request: AcceptorRequest) async
}

public typealias AcceptorReport = @Sendable (AcceptorEvent) async throws -> Void

public enum AcceptorRequest: Sendable, Hashable {
    /// Take notes of these values and hold each in escrow; empty: take none. Deferred while a note moves.
    case accept([Money])
    case stack
    case returnNote
}
