internal import ArgumentParser

/// Runs the way to the office as a relay that can fail, or tells a running one how to be.
struct NetworkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network",
        abstract: "Run a TCP relay (--listen, --to), or switch a running one: down, up, slow, mute."
    )
    @Argument(help: "down, up, slow or mute; leave out to run the relay.") var word: String?
    @Option(help: "HOST:PORT to listen on.") var listen: String?
    @Option(help: "HOST:PORT to pass everything to.") var to: String?
    @OptionGroup var options: StateOptions

    func validate() throws {
        if let word, Relay.Mode(rawValue: word) == nil {
            throw ValidationError("network: expected down, up, slow or mute, got `\(word)`")
        }
        guard (word == nil) == (listen != nil && to != nil) else {
            throw ValidationError("network: expected a word, or --listen and --to to run the relay")
        }
    }

    func run() throws {
        if let word {
            try options.say(word, to: .network)
            return
        }
        try options.make()
        Stopping.watch()
        let words = try WordSocket(path: options.socket(of: .network))
        defer { words.end() }
        var relay = try Relay(
            from: Socket.Address(listen ?? "", of: "--listen"),
            to: Socket.Address(to ?? "", of: "--to"))
        defer { relay.end() }
        Terminal.remark("network: \(listen ?? "") to \(to ?? "")")
        while !Stopping.isRequested { relay.turn(words) }
    }
}
