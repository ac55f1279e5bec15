import KioskModel
import KioskStore
import OfficeProtocol

enum CourierNews: Sendable {
    case reachable, unreachable(String), untrusted(String), laneStopped(Lane, String)
}
struct Courier: Sendable {
    init(
        journal: Journal, office: any OfficeConnection, timekeeper: any Timekeeper,
        random: @escaping @Sendable () -> Double, nudges: AsyncStream<Void>, lastCommand: Int64,
        news: @escaping @Sendable (CourierNews) async -> Void,
        obey: @escaping @Sendable (Command) async throws -> Void
    ) {}
    func run() async {}
}
