internal import ArgumentParser
internal import Terminal

struct Receipts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Receipts that did not come out of the printer.")
    @OptionGroup var options: ControlOptions

    func run() async throws {
        try await options.show("/receipts", as: [ReceiptReport].self) { receipts in
            guard !receipts.isEmpty else { return ["no receipt is missing"] }
            var table = TextTable([
                ("slip", .left), ("number", .left), ("amount", .right), ("time", .left),
                ("order", .left),
            ])
            for receipt in receipts {
                table.add([
                    receipt.slip, receipt.number, yuanText(receipt.fen), clockText(receipt.at),
                    receipt.order,
                ])
            }
            return table.lines + ["", "Their customers find the payment by slip and phone number."]
        }
    }
}
