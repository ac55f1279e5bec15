internal import Foundation
internal import Glibc
internal import SwiftASN1
internal import X509

/// A certificate and the key that belongs to it.
struct Credential {
    let certificate: Certificate
    let key: Certificate.PrivateKey

    /// Valid now and for some days more, and the key is the certificate's own.
    func holds(at now: Date, days: Int) -> Bool {
        key.publicKey == certificate.publicKey && certificate.notValidBefore <= now
            && now.addingTimeInterval(Double(days) * 86_400) < certificate.notValidAfter
    }

    func isIssued(by authority: Credential) -> Bool {
        certificate.issuer == authority.certificate.subject
            && authority.certificate.publicKey.isValidSignature(
                certificate.signature, for: certificate)
    }
}

/// NAME.pem and NAME.key in a folder; keys are readable by their owner only.
struct CertificateFolder {
    let path: String

    func make() throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
    }

    /// Nil when either file is missing or holds something else.
    func read(_ name: String) throws -> Credential? {
        let files = FileManager.default
        guard let certificate = files.contents(atPath: "\(path)/\(name).pem"),
            let key = files.contents(atPath: "\(path)/\(name).key")
        else { return nil }
        guard
            let certificate = try? Certificate(
                pemEncoded: String(decoding: certificate, as: UTF8.self)),
            let key = try? Certificate.PrivateKey(
                pemEncoded: String(decoding: key, as: UTF8.self))
        else { return nil }
        return Credential(certificate: certificate, key: key)
    }

    func write(_ credential: Credential, as name: String) throws {
        try write(try credential.key.serializeAsPEM().pemString, to: "\(name).key", mode: 0o600)
        try write(
            try credential.certificate.serializeAsPEM().pemString, to: "\(name).pem", mode: 0o644)
    }

    /// Whole or not at all, and never readable by others in between.
    private func write(_ text: String, to name: String, mode: mode_t) throws {
        let (target, part) = ("\(path)/\(name)", "\(path)/.\(name).part")
        unlink(part)
        let file = open(part, O_WRONLY | O_CREAT | O_EXCL, mode)
        guard file >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        defer { close(file) }
        let bytes = Array((text + "\n").utf8)
        guard Glibc.write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0,
            rename(part, target) == 0
        else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    }
}
