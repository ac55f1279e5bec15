internal import KioskModel

/// The answer to SETUP REQUEST: what the unit is, and what its channels are worth.
///
/// Source: ITL GA138 SSP Protocol Manual 2.2, SETUP REQUEST of a validator.
struct SSPSetup: Hashable {
    /// Source: GA138, unit types: 00 validator, 06 SMART Payout, 07 NV11; they differ in what they pay out, not in this.
    private static let validatorTypes: Set<UInt8> = [0x00, 0x06, 0x07]
    private static let channelsMax = 16

    /// Four digits: "0441".
    let firmware: String
    let protocolVersion: UInt8
    /// Channels from 1 are the types.
    let table: NoteTable
    /// What kind of unit it is instead of a validator.
    let strangeType: UInt8?

    /// Nil for an answer that is shorter than it says.
    init?(_ data: [UInt8]) {
        // Up to the number of channels: type, 4 firmware, 3 country, 3 multiplier, n.
        guard data.count >= 12, let count = data.dropFirst(11).first.map(Int.init) else {
            return nil
        }
        strangeType = Self.validatorTypes.contains(data[0]) ? nil : data[0]
        firmware = NoteTable.text(data[1...4])
        guard strangeType == nil else {
            (protocolVersion, table) = (0, NoteTable(entries: []))
            return
        }
        guard (0...Self.channelsMax).contains(count), data.count >= 16 + 2 * count else {
            return nil
        }
        let version = data[15 + 2 * count]
        let real = Self.number(data[12 + 2 * count..<15 + 2 * count])
        if version >= 6 {
            guard data.count >= 16 + 9 * count else { return nil }
            table = Self.expanded(data, count, real)
        } else {
            table = Self.plain(data, count, real)
        }
        protocolVersion = version
    }

    /// A letter code and a value for each channel; values are least significant byte first.
    private static func expanded(_ data: [UInt8], _ count: Int, _ real: UInt64) -> NoteTable {
        let (codes, values) = (16 + 2 * count, 16 + 5 * count)
        return NoteTable(
            entries: (0..<count).compactMap { index in
                let value = number(data[values + 4 * index..<values + 4 * index + 4].reversed())
                return entry(index, data[codes + 3 * index..<codes + 3 * index + 3], value, real)
            })
    }

    /// One country for all channels; each value is one byte times the value multiplier.
    private static func plain(_ data: [UInt8], _ count: Int, _ real: UInt64) -> NoteTable {
        let multiplier = number(data[8...10])
        return NoteTable(
            entries: (0..<count).compactMap { index in
                entry(index, data[5...7], UInt64(data[12 + index]) * multiplier, real)
            })
    }

    /// A channel without a value is empty, which is legal.
    private static func entry(
        _ index: Int, _ country: ArraySlice<UInt8>, _ value: UInt64, _ real: UInt64
    ) -> NoteTable.Entry? {
        guard value > 0 else { return nil }
        // At most 2^32 times 2^24: no overflow.
        let fen = value * real
        return NoteTable.Entry(
            type: UInt8(index + 1), country: NoteTable.text(country),
            value: (1...UInt64(NoteTable.valueMax.fen)).contains(fen)
                ? Money(fen: Int64(fen)) : nil)
    }

    private static func number(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
