internal import ArgumentParser
internal import Glibc
internal import VirtualWorld

/// The customer holds notes to the slot.
struct NotesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notes",
        abstract: "Insert notes: `notes 50 20`; `notes back` takes back what was not drawn in.")
    @Argument(help: "Values in yuan, or `back`.") var values: [String]
    @OptionGroup var options: StateOptions

    func run() throws { try options.say(validator: ["notes"] + values) }
}

struct FaultCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fault",
        abstract: "Make something go wrong with the validator or the printer.",
        discussion: """
            Validator: \(ValidatorFault.Name.allCases.map(\.rawValue).joined(separator: ", ")).
            Some take a code (`failure 54`), a count and a status (`lost-reply 2 at 81`), `now` or `next`.
            Printer: \(PrinterConditions.words.joined(separator: ", ")).
            """)
    @Argument(help: "The fault, with what belongs to it.") var words: [String]
    @OptionGroup var options: StateOptions

    func run() throws {
        if words.count == 1, let condition = PrinterConditions.condition(words[0]) {
            return try PrinterConditions(options).add(condition)
        }
        try options.say(validator: ["fault"] + words)
    }
}

struct ClearCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "End a fault, or `all` of them.")
    @Argument(help: "The fault's name, or `all`.") var word: String
    @OptionGroup var options: StateOptions

    func run() throws {
        if word == "all" { try PrinterConditions(options).removeAll() }
        if let condition = PrinterConditions.condition(word) {
            return try PrinterConditions(options).remove(condition)
        }
        try options.say(validator: ["clear", word])
    }
}

struct PowerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "power", abstract: "Cut or restore the validator's power.")
    @Argument(help: "cut or restore") var word: String
    @OptionGroup var options: StateOptions

    func run() throws { try options.say(validator: ["power", word]) }
}

struct CassetteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cassette", abstract: "Remove or insert the cassette.")
    @Argument(help: "remove or insert") var word: String
    @OptionGroup var options: StateOptions

    func run() throws { try options.say(validator: ["cassette", word]) }
}

struct UnplugCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unplug", abstract: "Pull the validator's cable.")
    @OptionGroup var options: StateOptions

    func run() throws { try options.say(validator: ["unplug"]) }
}

struct PlugCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plug", abstract: "Put the validator's cable back.")
    @OptionGroup var options: StateOptions

    func run() throws { try options.say(validator: ["plug"]) }
}

struct BillingModeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bss-mode",
        abstract: "How the billing system behaves: "
            + VirtualBilling.Mode.allCases.map(\.rawValue).joined(separator: ", ") + ".")
    @Argument(help: "The mode.") var mode: String
    @OptionGroup var options: StateOptions

    func run() throws { try options.say("mode \(mode)", to: .bss) }
}

/// Where every note is: asked of the running validator, else read from its memory.
struct TruthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "truth",
        abstract: "Count the notes in the cassette, given back, and on their way.")
    @Flag(help: "As JSON, in fen.") var json = false
    @OptionGroup var options: StateOptions

    func run() throws {
        let text = try answer()
        guard let truth = ValidatorTruth(json: text) else {
            throw Trouble("truth: expected the notes of a validator, got `\(text.prefix(200))`")
        }
        guard !json else { return Terminal.say(text) }
        Terminal.say("cassette  \(list(truth.cassette))")
        Terminal.say("returned  \(list(truth.returned))")
        Terminal.say(
            "in path   \(list(Dictionary(truth.inPath.map { ($0, 1) }, uniquingKeysWith: +)))")
        Terminal.say(
            "at slot   \(list(Dictionary(truth.atSlot.map { ($0, 1) }, uniquingKeysWith: +)))")
    }

    private func answer() throws -> String {
        do {
            return try options.say("truth", to: .validator)
        } catch {
            guard let bytes = try DurableFile.read(options.file("validator.json")) else {
                throw error
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    private func list(_ notes: [Int64: Int]) -> String {
        let sum = notes.reduce(0) { $0 + $1.key * Int64($1.value) }
        let items = notes.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key / 100)" }
        return items.isEmpty ? "none" : items.joined(separator: ", ") + " = \(sum / 100) yuan"
    }
}

extension StateOptions {
    /// Checks the sentence here, so that a mistyped one is explained even when nothing runs; then says it.
    fileprivate func say(validator words: [String]) throws {
        let sentence = words.joined(separator: " ")
        _ = try ValidatorWord(sentence)
        try say(sentence, to: .validator)
    }
}
