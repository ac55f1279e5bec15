public import KioskModel

/// Where a server listens: "127.0.0.1:8443".
public struct ListenAddress: Sendable, Hashable {
    public let host: String
    /// 0: any free one.
    public let port: Int

    /// - Throws: a `Fault` of the configuration naming what would be right.
    public init(_ text: String) throws(Fault) {
        guard let colon = text.lastIndex(of: ":"), colon > text.startIndex,
            let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port),
            text.hasSuffix(":\(port)")
        else {
            throw Fault(
                .software, .configuration, operation: "listen",
                expected: "an address such as 127.0.0.1:8443", got: "got `\(text)`",
                remedy: "Correct the address in the configuration.")
        }
        (host, self.port) = (String(text[..<colon]), port)
    }

    /// Reached from this machine only.
    public var isLoopback: Bool { host == "127.0.0.1" || host == "localhost" }
}
