internal import Foundation
internal import Glibc
public import KioskModel

/// The file system of the machine.
public struct SystemFolder: Folder {
    public init() {}

    public func size(of path: String) -> Int64? {
        guard let facts = try? FileManager.default.attributesOfItem(atPath: path) else {
            return nil
        }
        return Int64(facts[.size] as? Int ?? 0)
    }

    public func make(_ path: String) throws(FolderFault) {
        let descriptor = Glibc.open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FolderFault.last }
        close(descriptor)
    }

    public func remove(_ path: String) throws(FolderFault) {
        guard unlink(path) == 0 || errno == ENOENT else { throw FolderFault.last }
    }

    public func rename(_ path: String, to other: String) throws(FolderFault) {
        guard Glibc.rename(path, other) == 0 else { throw FolderFault.last }
    }

    public func syncNames(beside path: String) throws(FolderFault) {
        let folder = (path as NSString).deletingLastPathComponent
        let descriptor = Glibc.open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0 else { throw FolderFault.last }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FolderFault.last }
    }
}

extension FolderFault {
    /// What the last system call said.
    fileprivate static var last: FolderFault {
        FolderFault(isFull: errno == ENOSPC, reason: String(cString: strerror(errno)))
    }
}
