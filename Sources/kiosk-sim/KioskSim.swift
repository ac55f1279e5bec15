internal import ArgumentParser

/// Virtual hardware, a virtual billing system, a bad network and a customer: everything to run a kiosk without any.
@main
struct KioskSim: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kiosk-sim",
        abstract: "Virtual hardware, billing system, network and customer for kioskd.",
        discussion: """
            Start `validator`, `bss` and `network`, each in a terminal of its own, and drive them with the other commands.
            All that belong together are given the same --state.
            """,
        subcommands: [
            ValidatorCommand.self, BillingCommand.self, NetworkCommand.self, NotesCommand.self,
            FaultCommand.self, ClearCommand.self, PowerCommand.self, CassetteCommand.self,
            UnplugCommand.self, PlugCommand.self, BillingModeCommand.self, TruthCommand.self,
            ReceiptCommand.self, CustomerCommand.self,
        ])
}
