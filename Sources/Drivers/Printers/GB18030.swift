internal import Glibc

/// Chinese characters as receipt printers know them. Source: GB 18030-2022.
final class GB18030 {
    /// 〓, the printers' own sign for a character that is missing.
    static let missing: [UInt8] = [0xA1, 0xFE]

    private let converter: iconv_t

    init() {
        guard let converter = iconv_open("GB18030", "UTF-8"),
            converter != UnsafeMutableRawPointer(bitPattern: -1)
        else { preconditionFailure("GB18030: expected it in the C library; install libc6 whole") }
        self.converter = converter
    }

    deinit { iconv_close(converter) }

    /// The two bytes of a character. One of four bytes (rare names, emoji) prints as rubbish on most printers, so it
    /// becomes 〓, which takes the same two columns.
    func bytes(of scalar: Unicode.Scalar) -> [UInt8] {
        var input = String(scalar).utf8.map { CChar(bitPattern: $0) }
        var output = [CChar](repeating: 0, count: 8)
        var (inputLeft, outputLeft) = (input.count, output.count)
        let failed = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                var (from, to) = (input.baseAddress, output.baseAddress)
                return iconv(converter, &from, &inputLeft, &to, &outputLeft)
                    == Int(bitPattern: UInt.max)
            }
        }
        let bytes = output.dropLast(outputLeft).map { UInt8(bitPattern: $0) }
        return failed || bytes.count != 2 ? GB18030.missing : bytes
    }
}
