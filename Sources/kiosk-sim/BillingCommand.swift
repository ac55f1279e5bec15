internal import ArgumentParser
internal import Foundation
internal import Glibc
internal import Hummingbird
internal import Logging
internal import Machine
internal import VirtualWorld

/// Runs the virtual billing system until it is told to stop.
struct BillingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bss",
        abstract: "Run the virtual billing system (TMF654 prepay balance over HTTP).",
        discussion: """
            Books stand in DIR/bss.jsonl and survive a kill. GET /control/ledger shows them.
            Numbers 13800138000, 13900139000 and 13700137000 have names; 1990000… are unknown.
            """)
    @Option(help: "HOST:PORT to listen on.") var listen = "127.0.0.1:8490"
    @OptionGroup var options: StateOptions

    private static let lookEvery = Duration.milliseconds(50)

    func run() async throws {
        let address = try Socket.Address(listen, of: "--listen")
        try options.make()
        Stopping.watch()
        let book = try BillingBook(path: options.file("bss.jsonl"))
        let words = try WordSocket(path: options.socket(of: .bss))
        defer { words.end() }
        hear(words, book)
        Terminal.remark("bss: http://\(listen), ledger at /control/ledger")
        while !Stopping.isRequested {
            if book.mode == .down {
                try await MachineTime().sleep(for: Self.lookEvery)
            } else {
                try await serve(book, at: address)
            }
        }
    }

    /// Listens until the mode is *down* or a stop is asked for: then nobody listens and connections are refused.
    private func serve(_ book: BillingBook, at address: Socket.Address) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var logger = Logger(label: "bss")
                // A stop by *down* cuts connections: that is no error here.
                logger.logLevel = .critical
                let server = Application(
                    router: BillingRoutes(book: book).router,
                    configuration: .init(
                        address: .hostname(address.host, port: Int(address.port))),
                    logger: logger)
                try await server.run()
            }
            group.addTask {
                while book.mode != .down, !Stopping.isRequested {
                    try await MachineTime().sleep(for: Self.lookEvery)
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Its own thread: the socket's calls block.
    private func hear(_ words: WordSocket, _ book: BillingBook) {
        Thread.detachNewThread {
            while !Stopping.isRequested {
                words.serve { sentence in
                    let parts = sentence.split(separator: " ").map(String.init)
                    guard parts.count == 2, parts[0] == "mode",
                        let mode = VirtualBilling.Mode(rawValue: parts[1])
                    else {
                        let known = VirtualBilling.Mode.allCases.map(\.rawValue)
                        throw Trouble(
                            "bss: expected mode \(known.joined(separator: "|")), got `\(sentence.prefix(60))`"
                        )
                    }
                    book.mode = mode
                    return mode.rawValue
                }
            }
        }
    }
}
