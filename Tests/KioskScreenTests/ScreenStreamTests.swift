import Foundation
import KioskFlows
import KioskModel
import KioskScreen
import Testing

/// Server-sent events on a real socket.
struct ScreenStreamTests {
    private static let watch = "GET /screen HTTP/1.1\r\nHost: localhost\r\n\r\n"

    @Test func `the first event is the current screen, whole`() async throws {
        let text = try await served(ScriptedPanel()) { port in
            let wire = try Wire(port: port)
            try wire.send(Self.watch)
            return try await wire.read { $0.contains("\n\n") }
        }

        #expect(text.lowercased().contains("content-type: text/event-stream"))
        #expect(text.contains("id: 7\ndata: "))
        let expected = """
            {"amount":7000,"body":[{"gaps":{"maximum":"500"},"key":"insertNotes.body.maximum"}],\
            "choices":[{"id":"next","label":{"gaps":{},"key":"choice.next"},"unavailable":null,\
            "weight":"primary"},{"id":"no","label":{"gaps":{},"key":"choice.no"},\
            "unavailable":{"gaps":{},"key":"hindrance.paperOut"},"weight":"plain"}],\
            "denominations":[1000,2000],"facts":[{"label":{"gaps":{},"key":"fact.number"},\
            "value":"138 0013 8000"}],"id":7,"keypad":{"complaint":null,"digits":11,\
            "field":"number","groups":[3,4,4]},"language":"zh-Hans","name":"insertNotes",\
            "secondsLeft":20,"title":{"gaps":{},"key":"insertNotes.title"}}
            """
        #expect(text.contains(expected))
    }

    @Test func `absent parts are null`() async throws {
        let panel = ScriptedPanel(Screen(.goodbye, .english, title: .init("goodbye.title")))

        let text = try await served(panel) { port in
            let wire = try Wire(port: port)
            try wire.send(Self.watch)
            return try await wire.read { $0.contains("\n\n") }
        }

        for part in ["\"amount\":null", "\"keypad\":null", "\"secondsLeft\":null", "\"facts\":[]"] {
            #expect(text.contains(part))
        }
    }

    @Test func `each change is an event`() async throws {
        let panel = ScriptedPanel()

        let text = try await served(panel) { port in
            let wire = try Wire(port: port)
            try wire.send(Self.watch)
            _ = try await wire.read { $0.contains("id: 7\n") }
            await panel.show(.sample)
            return try await wire.read { $0.contains("id: 8\n") }
        }

        #expect(text.contains("id: 8\ndata: {"))
    }

    @Test func `a slow reader sees the newest and no backlog`() async throws {
        let panel = ScriptedPanel()
        let wide = Screen(
            .attract, .english, title: .init(String(repeating: "x", count: 200_000)))
        let shows = 300

        let text = try await served(panel) { port in
            let wire = try Wire(port: port)
            try wire.send(Self.watch)
            for _ in 0..<shows { await panel.show(wide) }
            return try await wire.read { $0.contains("id: \(7 + shows)\n") }
        }

        let ids = text.matches(of: /id: (\d+)\n/).compactMap { Int($0.1) }
        #expect(ids.last == 7 + shows)
        #expect(ids == ids.sorted())
        #expect(ids.count < shows / 2)
    }

    @Test func `a quiet stream gives signs of life`() async throws {
        let text = try await served(ScriptedPanel(), heartbeat: .milliseconds(5)) { port in
            let wire = try Wire(port: port)
            try wire.send(Self.watch)
            return try await wire.read { $0.contains(": alive\n\n") }
        }

        #expect(text.contains("id: 7\n"))
    }

    @Test func `a reader that goes away ends its stream`() async throws {
        let panel = ScriptedPanel()

        try await served(panel) { port in
            let wire = try Wire(port: port)
            try wire.send(Self.watch)
            _ = try await wire.read { $0.contains("id: 7\n") }
            wire.hangUp()
            var departures = panel.departures.makeAsyncIterator()
            _ = await departures.next()
        }
    }

    @Test func `the stream ends with the kiosk`() async throws {
        let panel = ScriptedPanel()

        let rest = try await served(panel) { port in
            let wire = try Wire(port: port)
            try wire.send(Self.watch)
            _ = try await wire.read { $0.contains("id: 7\n") }
            await panel.end()
            return try await wire.read { $0.contains("0\r\n\r\n") }
        }

        #expect(rest.hasSuffix("0\r\n\r\n"))
    }

    @Test func `stopping the server ends its streams`() async throws {
        let panel = ScriptedPanel()

        let wire = try await served(panel) { port in
            let wire = try Wire(port: port)
            try wire.send(Self.watch)
            _ = try await wire.read { $0.contains("id: 7\n") }
            return wire
        }

        _ = try? await wire.read { _ in false }
        var departures = panel.departures.makeAsyncIterator()
        _ = await departures.next()
    }

    @Test func `one watcher too many is told to come later, and a freed seat is taken`()
        async throws
    {
        let panel = ScriptedPanel()

        let (refused, admitted) = try await served(panel) { port in
            var wires: [Wire] = []
            for _ in 0..<ScreenServer.watchersMax {
                let wire = try Wire(port: port)
                try wire.send(Self.watch)
                _ = try await wire.read { $0.contains("id: 7\n") }
                wires.append(wire)
            }
            let refused = try await Wire(port: port).get("/screen")
            wires.removeLast().hangUp()
            var answer = "HTTP/1.1 503"
            while answer == "HTTP/1.1 503" {
                let wire = try Wire(port: port)
                try wire.send(Self.watch)
                answer = String(
                    try await wire.read { $0.contains("\n\n") || $0.contains("}") }.prefix(12))
            }
            return (refused, answer)
        }

        #expect(refused.status == "HTTP/1.1 503")
        #expect(String(decoding: refused.body, as: UTF8.self).contains("at most 8 watchers"))
        #expect(admitted == "HTTP/1.1 200")
    }
}
