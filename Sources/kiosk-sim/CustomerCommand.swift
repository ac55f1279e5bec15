internal import ArgumentParser
internal import KioskModel
internal import VirtualWorld

/// Plays a person in front of the kiosk.
struct CustomerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "customer", abstract: "Play a customer through the page's own HTTP API.",
        subcommands: [CustomerTopUpCommand.self, CustomerClaimCommand.self])
}

struct CustomerOptions: ParsableArguments {
    @Option(help: "The kiosk's screen.") var screen = "http://127.0.0.1:8480"
    @Option(help: "The customer's language: zh-Hans or en.") var language = "zh-Hans"
    @Flag(help: "Print the result as JSON.") var json = false
    @OptionGroup var state: StateOptions

    /// Plays the plan to its end and shows how it went.
    func play(_ plan: Customer.Plan) async throws {
        guard Language(rawValue: language) != nil else {
            throw ValidationError("--language: expected zh-Hans or en, got `\(language)`")
        }
        let customer = Customer(plan, feed: ScreenFeed(url: screen), options: self)
        let result = try await customer.visit()
        if json { Terminal.say(result.json.text) } else { Terminal.say(result.sentence) }
    }
}

struct CustomerTopUpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top-up", abstract: "Top up a phone with notes.")
    @Option(help: "The phone number.") var number: String
    @Option(help: "Notes in yuan: 50,20") var notes: String
    @Option(help: "Quit at this screen: number, confirmNumber, account or insertNotes.")
    var cancelAt: String?
    @OptionGroup var options: CustomerOptions

    func run() async throws {
        let words = notes.split(separator: ",").joined(separator: " ")
        guard case .notes(let values) = try ValidatorWord("notes \(words)") else {
            throw ValidationError("--notes: expected values in yuan such as 50,20, got `\(notes)`")
        }
        let quittable = ["number", "confirmNumber", "account", "insertNotes", "service"]
        if let cancelAt, !quittable.contains(cancelAt) {
            throw ValidationError(
                "--cancel-at: expected one of \(quittable.joined(separator: ", ")), got `\(cancelAt)`"
            )
        }
        try await options.play(
            Customer.Plan(goal: .topUp(values, cancelAt: cancelAt), number: number))
    }
}

struct CustomerClaimCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claim", abstract: "Ask the kiosk where the money of a slip is.")
    @Option(help: "The slip number, twelve digits.") var slip: String
    @Option(help: "The phone number.") var number: String
    @OptionGroup var options: CustomerOptions

    func run() async throws {
        let digits = slip.filter { $0 != " " }
        try await options.play(Customer.Plan(goal: .claim(slip: digits), number: number))
    }
}
