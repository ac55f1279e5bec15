import Testing

@testable import VirtualWorld

/// Source: NIST FIPS 197, appendix B and C.1; SP 800-38A, F.1.1 (ECB).
struct AES128Tests {
    static let vectors: [(key: String, plain: String, cipher: String)] = [
        (
            "2b7e151628aed2a6abf7158809cf4f3c", "3243f6a8885a308d313198a2e0370734",
            "3925841d02dc09fbdc118597196a0b32"
        ),
        (
            "000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff",
            "69c4e0d86a7b0430d8cdb78070b4c55a"
        ),
        (
            "2b7e151628aed2a6abf7158809cf4f3c", "6bc1bee22e409f96e93d7e117393172a",
            "3ad77bb40d7a3660a89ecaf32466ef97"
        ),
        (
            "2b7e151628aed2a6abf7158809cf4f3c", "f69f2445df4f9b17ad2b417be66c3710",
            "7b0c785e27e8ad3f8223207104725dd4"
        ),
    ]

    @Test(arguments: vectors)
    func `the standard's vectors come out both ways`(
        _ vector: (key: String, plain: String, cipher: String)
    ) {
        let aes = AES128(key: bytes(vector.key))

        #expect(aes.encrypt(bytes(vector.plain)) == bytes(vector.cipher))
        #expect(aes.decrypt(bytes(vector.cipher)) == bytes(vector.plain))
    }

    private func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex)
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
    }
}
