internal import Crypto
public import KioskModel

/// The chain that makes a changed or missing entry visible: each hash covers the one before it.
public enum HashChain {
    /// What a lane's first entry is chained to; binds a journal to its kiosk and its life.
    public static func genesis(kiosk: KioskID, epoch: Epoch, lane: Lane) -> String {
        hex(
            SHA256.hash(
                data: Array(
                    "kiosk-journal-1\n\(kiosk.rawValue)\n\(epoch.hex)\n\(lane.rawValue)".utf8)))
    }

    /// 64 lower-case hex digits: SHA-256 over the previous hash's text, a line feed, and the body's bytes.
    /// Source: FIPS 180-4 for SHA-256; the layout is ours.
    public static func next(after previous: String, body: String) -> String {
        hex(SHA256.hash(data: Array(previous.utf8) + [0x0A] + Array(body.utf8)))
    }

    private static func hex(_ digest: SHA256.Digest) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self
        )
    }
}
