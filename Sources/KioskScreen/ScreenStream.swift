internal import Foundation
internal import Hummingbird
internal import KioskRuntime
internal import Synchronization

/// Server-sent events: the current screen, then each change, and a sign of life in between.
/// Source: HTML Living Standard 9.2 (server-sent events).
struct ScreenStream: Sendable {
    let panel: any CustomerPanel
    let heartbeat: Duration

    /// Writes until the reader goes away, the panel ends, or the server stops.
    func write(to writer: inout any ResponseBodyWriter) async throws {
        let newest = Newest()
        // A nudge with nothing new behind it is a heartbeat. One nudge waits at most: a slow reader sees the newest.
        let (nudges, nudge) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let (panel, heartbeat) = (panel, heartbeat)
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask {
                for await screen in await panel.screens() {
                    newest.put(screen)
                    nudge.yield()
                }
                nudge.finish()
            }
            group.addTask {
                while (try? await Task.sleep(for: heartbeat)) != nil { nudge.yield() }
            }
            for await _ in nudges {
                try await writer.write(ScreenStream.frame(newest.take()))
            }
            if let last = newest.take() { try await writer.write(ScreenStream.frame(last)) }
            group.cancelAll()
        }
    }

    /// The encoder writes no line breaks, so one data line holds the whole screen.
    private static func frame(_ shown: ShownScreen?) -> ByteBuffer {
        guard let shown else { return ByteBuffer(string: ": alive\n\n") }
        var frame = ByteBuffer(string: "id: \(shown.id)\ndata: ")
        frame.writeBytes(jsonBytes(of: ScreenMessage(shown: shown)))
        frame.writeString("\n\n")
        return frame
    }
}

/// Holds the newest screen that the reader has not been sent.
private final class Newest: Sendable {
    private let screen = Mutex<ShownScreen?>(nil)
    func put(_ new: ShownScreen) { screen.withLock { $0 = new } }
    func take() -> ShownScreen? {
        screen.withLock { held in
            defer { held = nil }
            return held
        }
    }
}

/// Readers at once. A seat is given back when nobody holds it any more, however its stream ended.
final class Seats: Sendable {
    private let taken = Mutex(0)
    let most: Int
    init(most: Int) { self.most = most }

    /// A seat, or nil when all are taken.
    func seat() -> Seat? {
        let free = taken.withLock { taken in
            guard taken < most else { return false }
            taken += 1
            return true
        }
        return free ? Seat(self) : nil
    }

    /// Seats that are held now.
    var count: Int { taken.withLock { $0 } }

    final class Seat: Sendable {
        private let seats: Seats
        fileprivate init(_ seats: Seats) { self.seats = seats }
        deinit { seats.taken.withLock { $0 -= 1 } }
    }
}
