internal import Crypto
internal import CryptoExtras

/// The encrypted packets of one session: `7E` and AES blocks of length, count, data, padding and checksum.
///
/// Source: ITL GA138 SSP Protocol Manual 2.2, encryption layer: AES-128 in ECB mode, the fixed half of the key first, both
/// halves least significant byte first; the count begins at 0 after a key exchange.
struct SSPCipher: Sendable {
    /// The fixed half of the key as the factory sets it. Source: GA138, default fixed key.
    static let factoryKey: UInt64 = 0x0123_4567_0123_4567
    private static let start: UInt8 = 0x7E
    private static let blockSize = 16
    /// Length and count before the data, the checksum behind.
    private static let overhead = 7

    private let key: SymmetricKey
    /// That of the next packet.
    private(set) var count: UInt32 = 0

    init(fixed: UInt64 = SSPCipher.factoryKey, secret: UInt64) {
        key = SymmetricKey(data: Self.bytes(fixed, 8) + Self.bytes(secret, 8))
    }

    /// A packet's data, encrypted; each packet has its own count, so a repeated one is known for what it is.
    ///
    /// - Parameter random: For the padding.
    mutating func seal(_ data: [UInt8], random: () -> UInt64) -> [UInt8] {
        var plain = [UInt8(data.count)] + Self.bytes(UInt64(count), 4) + data
        while !(plain.count + 2).isMultiple(of: Self.blockSize) {
            plain.append(UInt8(truncatingIfNeeded: random()))
        }
        plain += Self.bytes(UInt64(SSPFrame.crc(plain)), 2)
        count &+= 1
        return [Self.start] + blocks(plain) { AES.permuted($0, $1) }
    }

    /// The data of an answer to the packet before; nil for what is none: wrong key, checksum or count.
    ///
    /// The answer counts as the next packet will. Source: GA138 has both sides advance; public implementations of the unit
    /// differ in whether its answer already has, so both are taken.
    func open(_ data: [UInt8]) -> [UInt8]? {
        let sealed = Array(data.dropFirst())
        guard data.first == Self.start, !sealed.isEmpty, sealed.count.isMultiple(of: Self.blockSize)
        else { return nil }
        let plain = blocks(sealed) { AES.inverted($0, $1) }
        let (length, crc) = (Int(plain[0]), SSPFrame.crc(plain.dropLast(2)))
        guard length + Self.overhead <= plain.count, Array(plain.suffix(2)) == Self.bytes(crc, 2)
        else { return nil }
        let counted = plain[1...4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard counted == count || counted == count &- 1 else { return nil }
        return Array(plain[5..<5 + length])
    }

    private func blocks(_ bytes: [UInt8], _ transform: ([UInt8], SymmetricKey) -> [UInt8])
        -> [UInt8]
    {
        stride(from: 0, to: bytes.count, by: Self.blockSize).flatMap { start in
            transform(Array(bytes[start..<start + Self.blockSize]), key)
        }
    }

    private static func bytes(_ number: some FixedWidthInteger, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
}

extension AES {
    /// One block of 16 bytes under a key of 128 bits, both ways; another size is our own bug.
    fileprivate static func permuted(_ block: [UInt8], _ key: SymmetricKey) -> [UInt8] {
        var block = block
        do { try permute(&block, key: key) } catch { preconditionFailure("AES: \(error)") }
        return block
    }

    fileprivate static func inverted(_ block: [UInt8], _ key: SymmetricKey) -> [UInt8] {
        var block = block
        do { try inversePermute(&block, key: key) } catch { preconditionFailure("AES: \(error)") }
        return block
    }
}
