import Crypto
import Foundation
import KioskModel
import Machine
import NIOSSL
import OfficeClient
import OfficeProtocol
import OfficeWeb
import SwiftASN1
import X509

/// A folder with an authority of its own, gone with the test.
final class Certificates: Sendable {
    let path: String

    /// - Parameter age: how many days ago they were made; 30-day certificates of 60 days ago have expired.
    init(kiosk: KioskID, days: Int = 30, age: Int = 0) throws {
        path = NSTemporaryDirectory() + "certificates-\(UUID().uuidString)"
        try make(kiosk, days: days, age: age)
    }

    func make(_ kiosk: KioskID, days: Int = 30, age: Int = 0) throws {
        let now = MachineTime().now.wall.milliseconds - Int64(age) * 86_400_000
        _ = try LocalAuthority.prepare(
            directory: path, kiosk: kiosk, days: days, now: WallTime(milliseconds: now))
    }

    /// A client's certificate with so many names, issued by this folder's authority.
    func make(naming kiosks: [String], as name: String) throws {
        let authority = try Certificate(
            pemEncoded: String(contentsOfFile: file("ca.pem"), encoding: .utf8))
        let issuer = try Certificate.PrivateKey(
            pemEncoded: String(contentsOfFile: file("ca.key"), encoding: .utf8))
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey,
            notValidBefore: authority.notValidBefore, notValidAfter: authority.notValidAfter,
            issuer: authority.subject,
            subject: try DistinguishedName { CommonName(name) },
            extensions: Certificate.Extensions {
                try ExtendedKeyUsage([.clientAuth])
                SubjectAlternativeNames(
                    kiosks.map { .uniformResourceIdentifier("urn:kiosk:\($0)") })
            }, issuerPrivateKey: issuer)
        for (text, end) in [
            (try certificate.serializeAsPEM().pemString, "pem"),
            (try key.serializeAsPEM().pemString, "key"),
        ] { try text.write(toFile: file("\(name).\(end)"), atomically: true, encoding: .utf8) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// The office's side, for servers that are no gateway; asks for no client certificate.
    func serverTLS() throws -> TLSConfiguration {
        .makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(file("office.pem"))
                .map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: file("office.key"), format: .pem)))
    }

    func client(
        port: Int, kiosk: KioskID, deadlines: Deadlines = Deadlines(), trust: Certificates? = nil,
        as identity: String? = nil
    ) throws(Fault) -> HTTPSOffice {
        let name = identity ?? kiosk.rawValue
        return try HTTPSOffice(
            url: "https://localhost:\(port)", kiosk: kiosk, certificate: file("\(name).pem"),
            key: file("\(name).key"), trust: (trust ?? self).file("ca.pem"), deadlines: deadlines)
    }
}

func kioskID(_ text: String) throws -> KioskID {
    guard let id = KioskID(rawValue: text) else { throw CocoaError(.formatting) }
    return id
}

extension HTTPSOffice {
    /// Runs `body` and ends the connections on every path.
    func closing<Result>(_ body: (HTTPSOffice) async throws -> Result) async throws -> Result {
        do {
            let result = try await body(self)
            await shutdown()
            return result
        } catch {
            await shutdown()
            throw error
        }
    }

    /// What went wrong, nil if nothing did.
    func fault(_ body: (HTTPSOffice) async throws(OfficeFault) -> Void) async -> OfficeFault? {
        let fault: OfficeFault?
        do throws(OfficeFault) {
            try await body(self)
            fault = nil
        } catch {
            fault = error
        }
        await shutdown()
        return fault
    }
}
