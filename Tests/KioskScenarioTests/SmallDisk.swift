import Foundation
import Glibc

/// A file system of a few megabytes, for as long as the test lives.
final class SmallDisk: Sendable {
    let folder: String

    init(mebibytes: Int) throws {
        folder = NSTemporaryDirectory() + "kiosk-disk-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        guard mount("tmpfs", folder, "tmpfs", 0, "size=\(mebibytes)m") == 0 else {
            throw POSIXError(.EPERM)
        }
    }

    /// Leaves no room for a single page.
    func fill() {
        let ballast = open(folder + "/ballast", O_CREAT | O_WRONLY, 0o600)
        defer { close(ballast) }
        let page = [UInt8](repeating: 0, count: 4096)
        while write(ballast, page, page.count) > 0 {}
    }

    func free() { unlink(folder + "/ballast") }

    deinit {
        umount2(folder, Int32(MNT_DETACH))
        rmdir(folder)
    }

    static let canMount: Bool = (try? SmallDisk(mebibytes: 1)) != nil
}
