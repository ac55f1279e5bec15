internal import KioskModel
internal import NIOCore
internal import NIOSSL

/// What the kiosk shows the office and whom it believes, from three PEM files.
struct Credentials {
    let tls: TLSConfiguration

    init(certificate: String, key: String, trust: String) throws(Fault) {
        let chain = try Credentials.read(certificate, "certificate") {
            try NIOSSLCertificate.fromPEMFile($0)
        }
        let key = try Credentials.read(key, "private key") {
            try NIOSSLPrivateKey(file: $0, format: .pem)
        }
        let roots = try Credentials.read(trust, "certificate authority") {
            try NIOSSLCertificate.fromPEMFile($0)
        }
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv13
        tls.certificateVerification = .fullVerification
        tls.trustRoots = .certificates(roots)
        // Nobody need wait for the other's goodbye. Source: RFC 8446 6.1.
        tls.shutdownTimeout = .milliseconds(500)
        tls.certificateChain = chain.map { .certificate($0) }
        tls.privateKey = .privateKey(key)
        do {
            // A key of another certificate is found here, not at three in the morning.
            _ = try NIOSSLContext(configuration: tls)
        } catch {
            throw Fault(
                .software, .configuration, operation: "load the kiosk's certificate",
                expected: "a key that belongs to it", got: "got \(error)",
                remedy: "Give certificate and key of one pair in the configuration.")
        }
        self.tls = tls
    }

    private static func read<Content>(
        _ path: String, _ what: String, _ load: (String) throws -> Content
    ) throws(Fault) -> Content {
        do {
            return try load(path)
        } catch {
            throw Fault(
                .software, .configuration, operation: "read the \(what) from \(path)",
                expected: "a readable PEM file", got: "got \(error)",
                remedy: "Check the path and its rights.")
        }
    }
}
