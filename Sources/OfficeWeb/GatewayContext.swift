internal import Hummingbird
internal import KioskModel
internal import NIOCore
internal import NIOSSL
internal import SwiftASN1
internal import X509

/// A request and the connection it came on, whose certificate says which kiosk speaks.
struct GatewayContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// The kiosk of the certificate's SAN `urn:kiosk:ID`; nil when it names none or more than one.
    ///
    /// The handshake has checked chain and dates before.
    func kiosk() async -> KioskID? {
        let channel = self.channel
        let bytes = try? await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
                .peerCertificate?.toDERBytes()
        }.get()
        guard let bytes = bytes.flatMap({ $0 }),
            let certificate = try? Certificate(derEncoded: bytes),
            let names = try? certificate.extensions.subjectAlternativeNames
        else { return nil }
        let prefix = "urn:kiosk:"
        let kiosks = names.compactMap { name -> String? in
            guard case .uniformResourceIdentifier(let uri) = name, uri.hasPrefix(prefix) else {
                return nil
            }
            return String(uri.dropFirst(prefix.count))
        }
        return kiosks.count == 1 ? kiosks.first.flatMap(KioskID.init(rawValue:)) : nil
    }
}
