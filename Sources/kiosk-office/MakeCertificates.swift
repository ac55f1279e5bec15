internal import ArgumentParser
internal import KioskModel
internal import Machine
internal import OfficeWeb

struct MakeCertificates: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificates",
        abstract: "Make a local authority and certificates for the office and one kiosk.",
        discussion: "What exists and is still valid is kept. Keys are readable by their owner only."
    )

    @Option(help: "The folder for ca, office and kiosk certificates and keys.")
    var directory: String

    @Option(help: "The kiosk's id: 1 to 24 of A-Z, 0-9 and -.")
    var kiosk: String

    @Option(help: "How many days new certificates hold, 1 to 825.")
    var days = 365

    mutating func validate() throws {
        guard KioskID(rawValue: kiosk) != nil else {
            throw ValidationError(
                "--kiosk: expected 1 to 24 of A-Z, 0-9 and -, got `\(kiosk)`")
        }
        guard (1...825).contains(days) else {
            throw ValidationError("--days: expected 1 to 825, got \(days)")
        }
    }

    func run() throws {
        guard let kiosk = KioskID(rawValue: kiosk) else { return }
        let made = try LocalAuthority.prepare(
            directory: directory, kiosk: kiosk, days: days, now: MachineTime().now.wall)
        for name in ["ca", "office", kiosk.rawValue] {
            Output.line("\(made.contains(name) ? "made" : "kept") \(directory)/\(name).pem")
        }
    }
}
