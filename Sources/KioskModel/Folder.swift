/// The names of files, as the injected place keeps them: what SQLite does not do when a file is made whole under another
/// name first. Production uses the machine's file system; the simulator a disk that forgets unsynced names.
public protocol Folder: Sendable {
    /// Bytes of the file; nil if there is none of that name.
    func size(of path: String) -> Int64?
    /// A new, empty file that nobody but the own user reads. Fails if the name is taken.
    func make(_ path: String) throws(FolderFault)
    /// Does nothing if there is none.
    func remove(_ path: String) throws(FolderFault)
    /// Replaces what has the other name, in one step.
    func rename(_ path: String, to other: String) throws(FolderFault)
    /// Makes the names beside this file durable. Source: fsync(2), notes.
    func syncNames(beside path: String) throws(FolderFault)
}

/// Why a folder did not do what was asked.
public struct FolderFault: Error, Sendable, Hashable {
    public let isFull: Bool
    /// What the system said, as a phrase.
    public let reason: String

    public init(isFull: Bool, reason: String) { (self.isFull, self.reason) = (isFull, reason) }
}
