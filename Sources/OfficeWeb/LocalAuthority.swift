internal import Crypto
internal import Foundation
public import KioskModel
internal import SwiftASN1
internal import X509

/// A certificate authority in a folder, for one office and its kiosks, until the operator's own takes over.
///
/// ```
/// ca.pem     ca.key       signs the others; keep the key off the kiosks
/// office.pem office.key   localhost and 127.0.0.1
/// K0001.pem  K0001.key    urn:kiosk:K0001
/// ```
public struct LocalAuthority {
    /// Ten years; a new authority means new certificates everywhere.
    static let authorityDays = 3650
    /// What is about to end is made anew.
    static let renewBeforeDays = 1

    private let folder: CertificateFolder
    private let now: Date

    /// Makes what is missing or no longer valid and keeps the rest.
    ///
    /// - Parameter days: how long new office and kiosk certificates hold, 1 to 825.
    /// - Returns: the names that were made, as "K0001"; the others were kept.
    /// - Throws: a `Fault` when the folder cannot be read or written.
    public static func prepare(directory: String, kiosk: KioskID, days: Int, now: WallTime)
        throws(Fault) -> [String]
    {
        precondition((1...825).contains(days), "a certificate for \(days) days")
        let now = Date(timeIntervalSince1970: Double(now.milliseconds) / 1000)
        let authority = LocalAuthority(folder: CertificateFolder(path: directory), now: now)
        do {
            return try authority.prepare(kiosk: kiosk, days: days)
        } catch {
            throw Fault(
                .software, .configuration, operation: "make certificates in \(directory)",
                expected: "a folder to write to", got: "got \(error)",
                remedy: "Check the path, its rights and the space on the disk.")
        }
    }

    private func prepare(kiosk: KioskID, days: Int) throws -> [String] {
        try folder.make()
        var made: [String] = []
        let authority: Credential
        if let kept = try folder.read("ca"), kept.holds(at: now, days: Self.renewBeforeDays) {
            authority = kept
        } else {
            authority = try newAuthority()
            try folder.write(authority, as: "ca")
            made.append("ca")
        }
        let office = Subject(
            name: "office", usage: .serverAuth,
            alternatives: [
                .dnsName("localhost"),
                .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])),
            ])
        let kiosk = Subject(
            name: kiosk.rawValue, usage: .clientAuth,
            alternatives: [.uniformResourceIdentifier("urn:kiosk:\(kiosk.rawValue)")])
        for subject in [office, kiosk] {
            if let kept = try folder.read(subject.name),
                kept.holds(at: now, days: Self.renewBeforeDays), kept.isIssued(by: authority)
            {
                continue
            }
            try folder.write(issue(subject, days: days, by: authority), as: subject.name)
            made.append(subject.name)
        }
        return made
    }

    private struct Subject {
        let name: String
        let usage: ExtendedKeyUsage.Usage
        let alternatives: [GeneralName]
    }

    private func newAuthority() throws -> Credential {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let name = try DistinguishedName { CommonName("Kiosk office authority") }
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey,
            notValidBefore: start, notValidAfter: end(days: Self.authorityDays), issuer: name,
            subject: name,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            }, issuerPrivateKey: key)
        return Credential(certificate: certificate, key: key)
    }

    private func issue(_ subject: Subject, days: Int, by authority: Credential) throws -> Credential
    {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey,
            notValidBefore: start, notValidAfter: end(days: days),
            issuer: authority.certificate.subject,
            subject: try DistinguishedName { CommonName(subject.name) },
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([subject.usage])
                SubjectAlternativeNames(subject.alternatives)
            }, issuerPrivateKey: authority.key)
        return Credential(certificate: certificate, key: key)
    }

    /// A day back: the clock of a kiosk may be behind the office's.
    private var start: Date { now.addingTimeInterval(-86_400) }
    private func end(days: Int) -> Date { now.addingTimeInterval(Double(days) * 86_400) }
}
