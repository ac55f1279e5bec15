internal import Hummingbird

/// Keeps foreign web pages away from the desk: a browser on this machine can be made to call any loopback port.
enum DeskGuard {
    /// Nil when the request was made to us, by our own page or by no page.
    ///
    /// A wrong Host is a foreign name that was pointed at us (DNS rebinding); a wrong Origin or Sec-Fetch-Site is a foreign
    /// page's request. Source: RFC 9110 7.2, Fetch 3.2 Origin, W3C Fetch Metadata Request Headers.
    static func fault(of request: Request, port: Int) -> DeskFault? {
        let hosts = ["127.0.0.1", "localhost"].flatMap { host in
            port == 80 ? [host, "\(host):80"] : ["\(host):\(port)"]
        }
        guard let host = request.head.authority, hosts.contains(host.lowercased()) else {
            return DeskFault(
                .misdirectedRequest, "forbidden", "expected Host \(hosts[0]), got another")
        }
        let origin = request.headers[.origin]
        guard origin.map({ hosts.map { "http://\($0)" }.contains($0.lowercased()) }) ?? true else {
            return DeskFault(.forbidden, "forbidden", "expected our own page, got another Origin")
        }
        let site = request.headers.only("sec-fetch-site") ?? "none"
        let isPage = request.method == .get && ["/", "/desk"].contains(request.uri.path)
        guard isPage || ["same-origin", "none"].contains(site) else {
            return DeskFault(.forbidden, "forbidden", "expected our own page, got a foreign one")
        }
        return nil
    }
}

/// Why the desk does not do it, as a body of `code` and `reason`.
struct DeskFault: Error {
    let status: HTTPResponse.Status
    let code: String
    let reason: String
    private let allow: HTTPRequest.Method?

    init(_ status: HTTPResponse.Status, _ code: String, _ reason: String) {
        (self.status, self.code, self.reason, allow) = (status, code, reason, nil)
    }

    private init(allow: HTTPRequest.Method) {
        (status, code, self.allow) = (.methodNotAllowed, "malformed", allow)
        reason = "expected \(allow), got another method"
    }

    static func only(_ method: HTTPRequest.Method) -> DeskFault { DeskFault(allow: method) }

    private struct Body: Encodable {
        let code: String
        let reason: String
    }

    var response: Response {
        var response = Response.json(Body(code: code, reason: reason), status)
        if let allow { response.headers[.allow] = allow.rawValue }
        return response
    }
}
