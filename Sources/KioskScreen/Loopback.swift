internal import Hummingbird

/// Any web page that a browser shows can open a socket to this machine. So only our own page, and programs of this
/// machine, are admitted: the name they called must be the machine's own, and a browser must say that it is on our page.
enum Loopback {
    static let names: Set<String> = ["127.0.0.1", "localhost", "[::1]"]

    /// - Throws: `Refusal` 403.
    static func admit(_ request: Request) throws {
        guard let authority = request.head.authority, names.contains(host(of: authority)) else {
            throw forbidden("expected Host to be a name of this machine")
        }
        // Also another port of this machine is another origin. Source: RFC 6454 section 4.
        if let origin = request.headers[.origin], origin.lowercased() != self.origin(of: authority)
        {
            throw forbidden("expected Origin to be this page")
        }
        // Says so even where Origin is not sent. Source: W3C Fetch Metadata Request Headers, 2.4.
        let site = request.headers.first { $0.name.canonicalName == "sec-fetch-site" }
        guard let site else { return }
        guard ["same-origin", "none"].contains(site.value) else {
            throw forbidden("expected a request of this page")
        }
    }

    private static func origin(of authority: String) -> String {
        "http://" + authority.lowercased()
    }

    /// The name without its port: "localhost:8480" is "localhost", "[::1]:8480" is "[::1]".
    static func host(of authority: String) -> String {
        let end =
            authority.first == "["
            ? authority.firstIndex(of: "]").map(authority.index(after:))
            : authority.firstIndex(of: ":")
        return authority[..<(end ?? authority.endIndex)].lowercased()
    }

    private static func forbidden(_ reason: String) -> Refusal {
        Refusal(status: .forbidden, code: "forbidden", reason: reason)
    }
}
