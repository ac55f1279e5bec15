import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// A real server on a real socket that does with each request what the test says: answers, cuts, trickles, keeps silent.
final class ScriptedServer: Sendable {
    enum Reaction: Sendable {
        /// These bytes, then the connection is closed.
        case send(String)
        /// A whole answer with its length; the connection stays.
        case answer(Int, String, headers: [String: String] = [:])
        /// The connection is cut without a word.
        case cut
        case silence
    }

    let port: Int
    private let channel: any Channel

    /// `react` sees each whole request as text; `greeting` is said before any.
    static func start(
        tls: TLSConfiguration? = nil, greeting: String = "",
        _ react: @escaping @Sendable (String) -> Reaction
    ) async throws -> ScriptedServer {
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLServerHandler(context: context))
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        Reader(greeting: greeting, react: react))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return ScriptedServer(channel: channel)
    }

    private init(channel: any Channel) {
        self.channel = channel
        port = channel.localAddress?.port ?? 0
    }

    func stop() async throws { try await channel.close() }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let react: @Sendable (String) -> Reaction
        private let greeting: String
        private var text = ""

        init(greeting: String, react: @escaping @Sendable (String) -> Reaction) {
            (self.greeting, self.react) = (greeting, react)
        }

        func channelActive(context: ChannelHandlerContext) {
            if !greeting.isEmpty { write(greeting, context) }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
            guard let head = text.range(of: "\r\n\r\n") else { return }
            let length =
                text[..<head.lowerBound].lowercased().split(separator: "\r\n")
                .first { $0.hasPrefix("content-length:") }
                .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
            guard text[head.upperBound...].utf8.count >= length else { return }
            let request = text
            text = ""
            switch react(request) {
            case .send(let bytes):
                write(bytes, context)
                context.close(promise: nil)
            case .answer(let status, let body, let headers):
                let fields = headers.map { "\($0): \($1)\r\n" }.joined()
                write(
                    "HTTP/1.1 \(status) Status\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)",
                    context)
            case .cut: context.close(promise: nil)
            case .silence: break
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        private func write(_ text: String, _ context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        }
    }
}
