internal import ArgumentParser
internal import Glibc

/// Where the running things of one virtual kiosk keep their state and their sockets.
struct StateOptions: ParsableArguments {
    @Option(help: "The folder of this virtual kiosk.")
    var state = "./state/sim"

    /// A thing that runs and can be spoken to.
    enum Thing: String {
        case validator, bss, network
    }

    func socket(of thing: Thing) -> String { "\(state)/\(thing.rawValue).sock" }
    func file(_ name: String) -> String { "\(state)/\(name)" }

    /// Makes the folder and those above it.
    func make() throws {
        var path = state.hasPrefix("/") ? "" : "."
        for part in state.split(separator: "/") {
            path += "/\(part)"
            guard mkdir(path, 0o755) != 0, errno != EEXIST else { continue }
            throw Trouble.system("make folder \(path)", "Give another --state.")
        }
    }

    /// Says a sentence to a running thing and gives its answer.
    /// - Throws: what it did not understand, or which command starts it.
    @discardableResult
    func say(_ sentence: String, to thing: Thing) throws -> String {
        try WordSocket.say(
            sentence, path: socket(of: thing), starter: "kiosk-sim \(thing.rawValue)")
    }
}
