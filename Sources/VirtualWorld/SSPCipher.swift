/// The unit's end of the encryption layer: the negotiated key, the count of packets, blocks in and out.
///
/// One count for both directions: a command carries it, the answer carries one more, and that is what the next command
/// carries. Source: ITL GA138 2.2.2, encryption layer and encryption keys.
struct SSPCipher: Sendable {
    static let start: UInt8 = 0x7E
    /// Length, count and check around the data.
    private static let overhead = 7
    private static let factoryKey: UInt64 = 0x0123_4567_0123_4567

    enum Opened: Sendable, Hashable {
        case data([UInt8])
        /// Thrown away: an old packet, or one that was not meant for now.
        case wrongCount
        /// Whoever encrypted it has another key.
        case garbled
    }

    private var generator: UInt64?
    private var modulus: UInt64?
    private var agreed: AES128?
    private var cipher: AES128?
    private var count: UInt32 = 0
    /// Kept over a power cut: the maker of the machine sets it once.
    private var fixedKey = factoryKey
    /// Random numbers that nobody needs to guess, but a seed must repeat.
    private var dice = SplitMix64(seed: 0x55)

    var hasKey: Bool { cipher != nil }

    /// What was negotiated is lost with the power and by RESET.
    mutating func forget() {
        (generator, modulus, agreed, cipher, count) = (nil, nil, nil, nil, 0)
    }

    /// False when the number is no prime.
    mutating func setGenerator(_ bytes: [UInt8]) -> Bool {
        let number = Self.number(bytes)
        guard Arithmetic.isPrime(number) else { return false }
        generator = number
        return true
    }

    mutating func setModulus(_ bytes: [UInt8]) -> Bool {
        let number = Self.number(bytes)
        guard Arithmetic.isPrime(number) else { return false }
        modulus = number
        return true
    }

    /// The unit's intermediate key, eight bytes; nil without generator and modulus. The key is in force with the command
    /// that follows.
    mutating func exchange(hostKey bytes: [UInt8]) -> [UInt8]? {
        guard let generator, let modulus else { return nil }
        let secret = dice.next()
        let shared = Arithmetic.power(Self.number(bytes), secret, modulo: modulus)
        agreed = AES128(key: Self.bytes(fixedKey) + Self.bytes(shared))
        return Self.bytes(Arithmetic.power(generator, secret, modulo: modulus))
    }

    /// The answer to the key exchange is out: what was agreed holds.
    mutating func settle() {
        guard let agreed else { return }
        (cipher, count) = (agreed, 0)
        self.agreed = nil
    }

    mutating func setFixedKey(_ bytes: [UInt8]) { fixedKey = Self.number(bytes) }
    mutating func resetFixedKey() { fixedKey = Self.factoryKey }

    /// What a host encrypted: the blocks behind 7E.
    mutating func open(_ blocks: [UInt8]) -> Opened {
        guard let cipher, !blocks.isEmpty, blocks.count.isMultiple(of: AES128.blockLength) else {
            return .garbled
        }
        let plain = stride(from: 0, to: blocks.count, by: AES128.blockLength).flatMap {
            cipher.decrypt(Array(blocks[$0..<$0 + AES128.blockLength]))
        }
        let check = SSPLine.check(plain.dropLast(2))
        let length = Int(plain[0])
        guard Array(plain.suffix(2)) == [UInt8(check & 0xFF), UInt8(check >> 8)], length > 0,
            length + Self.overhead <= plain.count
        else { return .garbled }
        let sent = (0..<4).reduce(UInt32(0)) { $0 | UInt32(plain[1 + $1]) << (8 * UInt32($1)) }
        guard sent == count else { return .wrongCount }
        count &+= 1
        return .data(Array(plain[5..<5 + length]))
    }

    /// 7E and the blocks of an answer.
    mutating func seal(_ data: [UInt8]) -> [UInt8] {
        guard let cipher else { preconditionFailure("SSP: nothing is sealed without a key") }
        let counted = (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * UInt32($0))) }
        var plain = [UInt8(data.count)] + counted + data
        while !(plain.count + 2).isMultiple(of: AES128.blockLength) {
            plain.append(UInt8(dice.below(256)))
        }
        let check = SSPLine.check(plain)
        plain += [UInt8(check & 0xFF), UInt8(check >> 8)]
        return [Self.start]
            + stride(from: 0, to: plain.count, by: AES128.blockLength).flatMap {
                cipher.encrypt(Array(plain[$0..<$0 + AES128.blockLength]))
            }
    }

    /// An answer in clear says nothing of the count: the next encrypted one goes on from here.
    private static func number(_ bytes: [UInt8]) -> UInt64 {
        bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
    }
}

/// Whole numbers of 64 bits, modulo one of them.
private enum Arithmetic {
    static func product(_ one: UInt64, _ other: UInt64, modulo modulus: UInt64) -> UInt64 {
        modulus.dividingFullWidth(
            (one % modulus).multipliedFullWidth(by: other % modulus)
        ).remainder
    }

    static func power(_ base: UInt64, _ exponent: UInt64, modulo modulus: UInt64) -> UInt64 {
        var (result, square, left) = (1 % modulus, base % modulus, exponent)
        while left != 0 {
            if left & 1 == 1 { result = product(result, square, modulo: modulus) }
            square = product(square, square, modulo: modulus)
            left >>= 1
        }
        return result
    }

    /// Miller-Rabin with the first twelve primes, which leaves no doubt below 2^64.
    /// Source: Sorenson, Webster, "Strong pseudoprimes to twelve prime bases", Math. Comp. 86 (2017).
    static func isPrime(_ number: UInt64) -> Bool {
        let bases: [UInt64] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37]
        guard number > 1 else { return false }
        if bases.contains(number) { return true }
        guard !bases.contains(where: { number.isMultiple(of: $0) }) else { return false }
        let zeros = (number - 1).trailingZeroBitCount
        return bases.allSatisfy { base in
            var rest = power(base, (number - 1) >> UInt64(zeros), modulo: number)
            if rest == 1 || rest == number - 1 { return true }
            for _ in 1..<max(zeros, 1) {
                rest = product(rest, rest, modulo: number)
                if rest == number - 1 { return true }
            }
            return false
        }
    }
}
