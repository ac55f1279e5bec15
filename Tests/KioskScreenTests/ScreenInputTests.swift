import Hummingbird
import HummingbirdTesting
import KioskFlows
import KioskScreen
import Testing

struct ScreenInputTests {
    @Test func `a choice is done before it is answered`() async throws {
        let panel = ScriptedPanel()

        let answer = try await routes(of: panel) {
            try await $0.post(#"{"screen":7,"choice":"next"}"#)
        }

        #expect(answer.status == .noContent)
        #expect(answer.body.readableBytes == 0)
        #expect(await panel.inputs == [.choice("next")])
    }

    @Test func `typed digits arrive as a field`() async throws {
        let panel = ScriptedPanel()

        let answer = try await routes(of: panel) {
            try await $0.post(#"{"fields":{"number":"13800138000"},"screen":7}"#)
        }

        #expect(answer.status == .noContent)
        #expect(await panel.inputs == [.fields(["number": "13800138000"])])
    }

    @Test func `an input for a screen that is gone names the screen that is shown`() async throws {
        let panel = ScriptedPanel(id: 8)

        let answer = try await routes(of: panel) {
            try await $0.post(#"{"screen":7,"choice":"next"}"#)
        }

        #expect(answer.status == .conflict)
        #expect(answer.refused?.code == "gone")
        #expect(answer.refused?.shown == 8)
        #expect(await panel.inputs.isEmpty)
    }

    @Test func `a choice the screen does not have is refused`() async throws {
        let answer = try await routes(of: ScriptedPanel()) {
            try await $0.post(#"{"screen":7,"choice":"free money"}"#)
        }

        #expect(answer.status == .unprocessableContent)
        #expect(answer.refused?.code == "unknownInput")
    }

    @Test func `a stopping kiosk takes no input`() async throws {
        let answer = try await routes(of: ScriptedPanel()) {
            try await $0.post(#"{"screen":7,"choice":"stop"}"#)
        }

        #expect(answer.status == .serviceUnavailable)
        #expect(answer.refused == Refused(code: "unavailable", reason: "the kiosk is stopping"))
    }

    @Test func `of two customers' inputs at once one is taken`() async throws {
        let panel = ScriptedPanel()

        let statuses = try await routes(of: panel) { client in
            async let one = client.post(#"{"screen":7,"choice":"next"}"#)
            async let two = client.post(#"{"screen":7,"fields":{"number":"1"}}"#)
            return try await [one.status, two.status]
        }

        #expect(Set(statuses) == [.noContent, .conflict])
        #expect(await panel.inputs.count == 1)
    }

    @Test(arguments: [
        "", "x", "null", "7", "[]", "{}", "\"next\"", "{\"screen\":7}",
        #"{"choice":"next"}"#,
        #"{"screen":"7","choice":"next"}"#,
        #"{"screen":7.5,"choice":"next"}"#,
        #"{"screen":true,"choice":"next"}"#,
        #"{"screen":99999999999999999999,"choice":"next"}"#,
        #"{"screen":7,"choice":1}"#,
        #"{"screen":7,"choice":null}"#,
        #"{"screen":7,"choice":["next"]}"#,
        #"{"screen":7,"fields":{}}"#,
        #"{"screen":7,"fields":[]}"#,
        #"{"screen":7,"fields":{"number":138}}"#,
        #"{"screen":7,"fields":{"a":"1","b":"2","c":"3","d":"4","e":"5"}}"#,
        #"{"screen":7,"choice":"next","fields":{"number":"1"}}"#,
        #"{"screen":7,"choice":"next","amount":7000}"#,
        #"{"screen":7,"Choice":"next"}"#,
        #"{"screen":7,"choice":"next"} {"#,
        String(repeating: "[", count: 4000),
    ])
    func `anything else than an input is malformed`(text: String) async throws {
        let panel = ScriptedPanel()

        let answer = try await routes(of: panel) { try await $0.post(text) }

        #expect(answer.status == .badRequest)
        #expect(answer.refused?.code == "malformed")
        #expect(await panel.inputs.isEmpty)
    }

    @Test func `bytes that are no text are malformed`() async throws {
        let answer = try await routes(of: ScriptedPanel()) {
            try await $0.execute(
                uri: "/screen", method: .post, body: ByteBuffer(bytes: [0x7B, 0xFF, 0xFE, 0x7D]))
        }

        #expect(answer.status == .badRequest)
    }

    @Test func `a refusal repeats nothing of what was typed`() async throws {
        let answer = try await routes(of: ScriptedPanel()) {
            try await $0.post(#"{"screen":7,"fields":{"number":13800138000}}"#)
        }

        #expect(answer.status == .badRequest)
        #expect(!String(buffer: answer.body).contains("138"))
    }

    @Test(arguments: [(4096, HTTPResponse.Status.conflict), (4097, .contentTooLarge)])
    func `a body has at most 4096 bytes`(size: Int, status: HTTPResponse.Status) async throws {
        let input = #"{"screen":6,"choice":"next"}"#
        let text = input + String(repeating: " ", count: size - input.utf8.count)

        let answer = try await routes(of: ScriptedPanel()) { try await $0.post(text) }

        #expect(answer.status == status)
        #expect(answer.refused?.code == (status == .conflict ? "gone" : "tooLarge"))
    }
}
