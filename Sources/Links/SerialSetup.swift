internal import DeviceKit
internal import Glibc
internal import KioskModel

/// Sets a line as the profile says: raw, with its speed, parity, bits and modem lines.
struct SerialSetup {
    let path: String
    let settings: SerialSettings

    /// Source: POSIX.1-2017 11.2, termios; Linux tty_ioctl(4).
    func apply(to descriptor: Int32) throws(Fault) {
        var line = termios()
        guard tcgetattr(descriptor, &line) == 0 else { throw faults.setting(errno) }
        cfmakeraw(&line)
        let speed = try speed()
        cfsetispeed(&line, speed)
        cfsetospeed(&line, speed)
        line.c_cflag &= ~tcflag_t(CSIZE | PARENB | PARODD | CSTOPB)
        line.c_cflag |= tcflag_t(CREAD | CLOCAL) | (try characterSize())
        line.c_cflag &= ~tcflag_t(CRTSCTS)
        switch settings.parity {
        case .none: break
        case .even: line.c_cflag |= tcflag_t(PARENB)
        case .odd: line.c_cflag |= tcflag_t(PARENB | PARODD)
        }
        switch settings.stopBits {
        case 1: break
        case 2: line.c_cflag |= tcflag_t(CSTOPB)
        default: throw faults.unknownSetting("1 or 2 stop bits", settings.stopBits)
        }
        // With VMIN 1 an empty line is EAGAIN, so that a read of 0 bytes can only mean a hang-up.
        withUnsafeMutableBytes(of: &line.c_cc) { control in
            (control[Int(VMIN)], control[Int(VTIME)]) = (1, 0)
        }
        guard tcsetattr(descriptor, TCSANOW, &line) == 0 else { throw faults.setting(errno) }
        try verify(descriptor, speed)
        setModemLines(descriptor)
        guard tcflush(descriptor, TCIOFLUSH) == 0 else { throw faults.setting(errno) }
    }

    private var faults: SerialFaults { SerialFaults(path: path) }

    /// tcsetattr succeeds when any one setting could be made, so the speed is read back.
    /// Parity is not: the kernel clears it on a PTY.
    private func verify(_ descriptor: Int32, _ speed: speed_t) throws(Fault) {
        var line = termios()
        guard tcgetattr(descriptor, &line) == 0 else { throw faults.setting(errno) }
        guard cfgetospeed(&line) == speed else {
            throw faults.unknownSetting("a line that can do \(settings.baud) baud", settings.baud)
        }
    }

    /// A PTY, and some bridges, have no modem lines: that is no error.
    private func setModemLines(_ descriptor: Int32) {
        set(TIOCM_DTR, settings.dtr, descriptor)
        set(TIOCM_RTS, settings.rts, descriptor)
    }

    private func set(_ signal: Int32, _ on: Bool, _ descriptor: Int32) {
        var bits = signal
        _ = ioctl(descriptor, UInt(on ? TIOCMBIS : TIOCMBIC), &bits)
    }

    private func characterSize() throws(Fault) -> tcflag_t {
        switch settings.dataBits {
        case 7: tcflag_t(CS7)
        case 8: tcflag_t(CS8)
        default: throw faults.unknownSetting("7 or 8 data bits", settings.dataBits)
        }
    }

    private func speed() throws(Fault) -> speed_t {
        switch settings.baud {
        case 1200: speed_t(B1200)
        case 2400: speed_t(B2400)
        case 4800: speed_t(B4800)
        case 9600: speed_t(B9600)
        case 19200: speed_t(B19200)
        case 38400: speed_t(B38400)
        case 57600: speed_t(B57600)
        case 115200: speed_t(B115200)
        default:
            throw faults.unknownSetting(
                "1200, 2400, 4800, 9600, 19200, 38400, 57600 or 115200 baud", settings.baud)
        }
    }
}
