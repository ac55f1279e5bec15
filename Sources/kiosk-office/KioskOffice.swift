internal import ArgumentParser

/// The server of the central office, and the questions to it from a terminal.
@main
struct KioskOffice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kiosk-office",
        abstract:
            "The central office of the kiosks: takes entries, keeps the books, posts top-ups.",
        subcommands: [
            Serve.self, MakeCertificates.self, Kiosks.self, Ledger.self, Accounts.self,
            Alarms.self, Orders.self, Cases.self, RefundOrder.self,
        ])
}
