internal import Foundation
internal import Glibc

/// A file system of a few megabytes, for as long as the test lives.
public final class SmallDisk: Sendable {
    public let folder: String

    public init(mebibytes: Int) throws {
        folder = NSTemporaryDirectory() + "kiosk-disk-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        guard mount("tmpfs", folder, "tmpfs", 0, "size=\(mebibytes)m") == 0 else {
            throw POSIXError(.EPERM)
        }
    }

    /// Leaves no room for a single page.
    public func fill() {
        let ballast = open(folder + "/ballast", O_CREAT | O_WRONLY, 0o600)
        defer { close(ballast) }
        let page = [UInt8](repeating: 0, count: 4096)
        while write(ballast, page, page.count) > 0 {}
    }

    public func free() { unlink(folder + "/ballast") }

    deinit {
        umount2(folder, Int32(MNT_DETACH))
        rmdir(folder)
    }

    public static let canMount: Bool = (try? SmallDisk(mebibytes: 1)) != nil
}
