import Hummingbird
import HummingbirdTesting
import KioskModel
import KioskScreen
import Testing

struct ScreenRoutesTests {
    @Test(arguments: [
        ("/", "text/html; charset=utf-8", "screen.js"),
        ("/screen.css", "text/css; charset=utf-8", "body"),
        ("/screen.js", "text/javascript; charset=utf-8", "use strict"),
        ("/texts/zh-Hans.json", "application/json", "{"),
        ("/texts/en.json", "application/json", "{"),
    ])
    func `the page and its files are served from the program`(
        path: String, type: String, content: String
    ) async throws {
        let answer = try await routes(of: ScriptedPanel()) {
            try await $0.execute(uri: path, method: .get)
        }

        #expect(answer.status == .ok)
        #expect(answer.headers[.contentType] == type)
        #expect(String(buffer: answer.body).contains(content))
    }

    @Test func `the operator's words are text on the page, never markup`() async throws {
        let server = ScreenServer(
            panel: ScriptedPanel(), listen: ("127.0.0.1", 0), log: quiet,
            site: "Hall \"1\" <script>", hotline: "10086")

        let page = try await server.application().test(.router) {
            String(buffer: try await $0.execute(uri: "/", method: .get).body)
        }

        #expect(page.contains(#"data-site="Hall &quot;1&quot; &lt;script&gt;""#))
        #expect(page.contains(#"data-hotline="10086""#))
    }

    @Test(arguments: ["/", "/nothing", "/texts/en.json"])
    func `every answer forbids foreign content, guessing and keeping`(path: String) async throws {
        let headers = try await routes(of: ScriptedPanel()) {
            try await $0.execute(uri: path, method: .get).headers
        }

        #expect(headers[.contentSecurityPolicy]?.hasPrefix("default-src 'self';") == true)
        #expect(headers[.cacheControl] == "no-store")
        #expect(headers[.xContentTypeOptions] == "nosniff")
    }

    @Test(arguments: [
        "/nothing", "/screen/", "//", "/screen.html", "/texts/receipt.en.json", "/desk.js",
        "/../etc/passwd", "/texts/%2e%2e/x",
    ])
    func `there is nothing else`(path: String) async throws {
        let answer = try await routes(of: ScriptedPanel()) {
            try await $0.execute(uri: path, method: .get)
        }

        #expect(answer.status == .notFound)
        #expect(answer.refused?.code == "notFound")
    }

    @Test(arguments: [
        ("/screen", HTTPRequest.Method.put, "GET, POST"), ("/", .post, "GET"),
        ("/screen.js", .delete, "GET"),
    ])
    func `a path names the methods it knows`(
        path: String, method: HTTPRequest.Method, allow: String
    ) async throws {
        let answer = try await routes(of: ScriptedPanel()) {
            try await $0.execute(uri: path, method: method)
        }

        #expect(answer.status == .methodNotAllowed)
        #expect(answer.headers[.allow] == allow)
    }

    @Test(arguments: [
        "http://example.com", "https://localhost", "http://localhost:9999", "null", "",
        "http://localhost.example.com",
    ])
    func `a foreign page is refused and changes nothing`(origin: String) async throws {
        let panel = ScriptedPanel()

        let answer = try await routes(of: panel) {
            try await $0.post(#"{"screen":7,"choice":"next"}"#, headers: [.origin: origin])
        }

        #expect(answer.status == .forbidden)
        #expect(answer.refused?.code == "forbidden")
        #expect(await panel.inputs.isEmpty)
    }

    @Test func `our own page is admitted`() async throws {
        let answer = try await routes(of: ScriptedPanel()) {
            try await $0.post(
                #"{"screen":7,"choice":"next"}"#, headers: [.origin: "http://localhost"])
        }

        #expect(answer.status == .noContent)
    }

    @Test(arguments: [
        ("evil.example:8480", "403"), ("127.0.0.1.evil.example", "403"), ("[::2]:80", "403"),
        ("LOCALHOST:8480", "200"), ("127.0.0.1", "200"), ("[::1]:8480", "200"),
    ])
    func `only names of this machine are answered`(host: String, status: String) async throws {
        let answer = try await served(ScriptedPanel()) { port in
            let wire = try Wire(port: port)
            try wire.send("GET / HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
            return try await wire.read { _ in false }
        }

        #expect(answer.hasPrefix("HTTP/1.1 \(status)"))
    }

    @Test func `another site's image or script request is refused`() async throws {
        let answer = try await served(ScriptedPanel()) { port in
            let wire = try Wire(port: port)
            try wire.send(
                "GET /screen HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\n"
                    + "Connection: close\r\n\r\n")
            return try await wire.read { _ in false }
        }

        #expect(answer.hasPrefix("HTTP/1.1 403"))
    }

    @Test(arguments: ["0.0.0.0", "192.0.2.7", "kiosk.example", "::"])
    func `the screen is never served to the network`(host: String) async throws {
        let server = ScreenServer(panel: ScriptedPanel(), listen: (host, 0), log: quiet)

        await #expect(throws: Fault.self) { try await server.run() }
    }

    @Test func `a port that is taken is a fault that says what to do`() async throws {
        let fault = try await served(ScriptedPanel()) { port in
            let second = ScreenServer(
                panel: ScriptedPanel(), listen: ("127.0.0.1", port), log: quiet)
            return await #expect(throws: Fault.self) { try await second.run() }
        }

        #expect(fault?.action == .configuration)
        #expect(fault?.remedy.contains("screen.listen") == true)
    }
}
