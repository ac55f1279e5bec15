internal import Hummingbird
internal import NIOCore
internal import Office
internal import ServiceLifecycle
internal import Synchronization

/// The live connections of open desk pages: each is told that something changed, and fetches it.
/// Source: HTML, server-sent events.
final class DeskFeeds: Sendable {
    static let feedsMax = 64
    /// Also a reason to look again: silence of a kiosk makes no change. Finds closed pages, too.
    static let beat: Duration = .seconds(15)

    private let open = Mutex(0)

    func response(office: Office) throws -> Response {
        guard enter() else {
            throw DeskFault(
                .serviceUnavailable, "busy", "expected at most \(Self.feedsMax) open pages")
        }
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream"],
            body: .init { [self] writer in
                defer { leave() }
                let (news, feed) = AsyncStream.makeStream(
                    of: Int.self, bufferingPolicy: .bufferingNewest(1))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for await change in await office.changes() { feed.yield(change) }
                        feed.finish()
                    }
                    group.addTask {
                        while true {
                            try await ContinuousClock().sleep(for: DeskFeeds.beat)
                            feed.yield(-1)
                        }
                    }
                    defer { group.cancelAll() }
                    for await change in news.cancelOnGracefulShutdown() {
                        let event = change < 0 ? "beat" : "change"
                        try await writer.write(
                            ByteBuffer(string: "event: \(event)\ndata: \(change)\n\n"))
                    }
                }
                try await writer.finish(nil)
            })
    }

    private func enter() -> Bool {
        open.withLock { open in
            guard open < Self.feedsMax else { return false }
            open += 1
            return true
        }
    }

    private func leave() { open.withLock { $0 -= 1 } }
}
