internal import ArgumentParser

/// The technician's tool: asks the running kioskd, and reads a journal without it.
@main
struct KioskCtl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kioskctl",
        abstract: "What the kiosk does, what is wrong with it, and what to do next.",
        discussion: """
            Exit codes: 0 all is well; 1 what was asked for shows trouble; \
            64 wrong usage; 69 kioskd cannot be reached.
            """,
        subcommands: [
            Status.self, Devices.self, Alarms.self, JournalCommand.self, Ledger.self, Outbox.self,
            Receipts.self, Udev.self,
        ])
}
