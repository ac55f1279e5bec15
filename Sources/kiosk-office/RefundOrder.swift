internal import ArgumentParser
internal import Foundation
internal import KioskModel

struct RefundOrder: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refund",
        abstract: "Book that a clerk has paid a refused order back to the customer.")
    @OptionGroup var options: DeskOptions

    @Argument(help: "The order: KIOSK-EPOCH-SESSION.")
    var order: String

    @Option(help: "Who paid it back.")
    var clerk: String

    mutating func validate() throws {
        guard OrderID(text: order) == nil else { return }
        throw ValidationError("expected an order as KIOSK-EPOCH-SESSION, got `\(order)`")
    }

    private struct Body: Encodable { let clerk: String }

    func run() async throws {
        let bytes = try await DeskClient(desk: options.desk)
            .post("orders/\(order)/refund", Body(clerk: clerk))
        Output.line(options.json ? String(decoding: bytes, as: UTF8.self) : "\(order) refunded")
    }
}
