internal import Glibc

/// The validator's end of a serial cable: a pseudo-terminal and a name under which the kiosk finds it.
///
/// It stays when the kiosk closes and opens its end, as a cable does. The line speed means nothing.
struct PseudoTerminal {
    let controller: Int32
    /// Held open: without anybody at the other end the controller would report a hang-up all the time.
    private let device: Int32
    private let link: String

    init(link: String) throws {
        self.link = link
        unlink(link)
        var name = [CChar](repeating: 0, count: 128)
        var settings = termios()
        cfmakeraw(&settings)
        settings.c_cflag |= tcflag_t(CREAD)
        cfsetspeed(&settings, speed_t(B9600))
        var (controller, device): (Int32, Int32) = (-1, -1)
        guard openpty(&controller, &device, &name, &settings, nil) == 0 else {
            throw Trouble.system("open a pseudo-terminal")
        }
        (self.controller, self.device) = (controller, device)
        let path = String(
            decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        Socket.setNonblocking(controller)
        let fresh = link + ".new"
        unlink(fresh)
        guard symlink(path, fresh) == 0, rename(fresh, link) == 0 else {
            throw Trouble.system("make the link \(link)")
        }
    }

    /// A kiosk that was killed left its exclusive claim on the terminal; the next one must get in.
    /// Source: ioctl_tty(2), TIOCEXCL.
    func releaseClaim() { _ = ioctl(device, UInt(TIOCNXCL), 0) }

    /// What the kiosk sent; empty when there is nothing.
    func read() -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(controller, &chunk, chunk.count)
        return count > 0 ? Array(chunk.prefix(count)) : []
    }

    /// What the kiosk does not fetch is lost, as on a real line.
    func write(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { Glibc.write(controller, $0.baseAddress, $0.count) }
    }

    /// The cable is pulled.
    func end() {
        unlink(link)
        close(device)
        close(controller)
    }
}
