internal import Foundation
package import Hummingbird
internal import Logging

/// Which path answers which method, and nothing else: the whole surface of a server on one page.
package struct RouteTable: HTTPResponder {
    package typealias Context = BasicRequestContext
    typealias Answer = @Sendable (Request) async throws -> Response

    let routes: [String: [HTTPRequest.Method: Answer]]
    /// Asked before anything else; throws a `Refusal` for callers that have no business here.
    let admit: @Sendable (Request) throws -> Void

    package func respond(to request: Request, context: Context) async throws -> Response {
        var response: Response
        do {
            response = try await answer(request)
        } catch let refusal as Refusal {
            response = refusal.response
        } catch {
            // The error's text may hold what the caller sent; its type is enough to look for it.
            context.logger.error("answer request: got \(type(of: error))")
            response =
                Refusal(status: .internalServerError, code: "internal", reason: "see the log")
                .response
        }
        RouteTable.harden(&response)
        return response
    }

    private func answer(_ request: Request) async throws -> Response {
        try admit(request)
        guard let methods = routes[request.uri.path] else {
            throw Refusal(status: .notFound, code: "notFound", reason: "no such path")
        }
        guard let answer = methods[request.method] else {
            let known = methods.keys.map(\.rawValue).sorted().joined(separator: ", ")
            throw Refusal(
                status: .methodNotAllowed, code: "methodNotAllowed",
                reason: "expected \(known), got another method", allow: known)
        }
        return try await answer(request)
    }

    /// Nothing is loaded from elsewhere, framed, guessed or kept.
    private static func harden(_ response: inout Response) {
        response.headers[.contentSecurityPolicy] =
            "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        response.headers[.cacheControl] = "no-store"
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.crossOriginResourcePolicy] = "same-origin"
    }
}
