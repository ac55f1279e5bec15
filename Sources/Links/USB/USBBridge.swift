internal import DeviceKit
internal import KioskModel

/// A chip between USB and a serial line: which control transfers set the line, and where the line's bytes are in what
/// comes by its bulk endpoint. A plain value; the transfers are made by `USBConnection`.
protocol USBBridge: Sendable {
    /// What is said before the first byte passes, in order: line settings, modem lines, purge.
    ///
    /// - Throws: the profile asks for a setting that the chip cannot do; the profile is wrong for this cable.
    func opening(_ settings: SerialSettings) throws(Fault) -> [USBControl]
    /// Throws away what the chip holds in both directions. Empty: it knows no such request, and what it holds is read and
    /// dropped instead.
    var purging: [USBControl] { get }
    /// What is said before the device is given back.
    var closing: [USBControl] { get }
    /// Packets that one read may bring. One, where a full packet may be the last: a longer read would wait for more.
    var packetsPerRead: Int { get }
    /// The line's bytes in one bulk IN transfer, which may span several packets.
    func bytes(in transfer: [UInt8]) -> [UInt8]
}

extension USBBridge {
    var purging: [USBControl] { [] }
    var closing: [USBControl] { [] }
    var packetsPerRead: Int { 1 }
    func bytes(in transfer: [UInt8]) -> [UInt8] { transfer }
}

extension SerialSettings.Parity {
    /// 0 none, 1 odd, 2 even: the numbers of CDC, which FTDI and Silicon Labs share.
    /// Source: USB CDC PSTN 1.2, table 17; FTDI D2XX Programmer's Guide, FT_SetDataCharacteristics; AN571 5.2.
    var number: UInt8 {
        switch self {
        case .none: 0
        case .odd: 1
        case .even: 2
        }
    }
}
