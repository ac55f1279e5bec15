internal import CVirtualDisk
public import KioskModel

/// A disk in memory under real SQLite, that loses in a power cut what a disk may lose.
///
/// Databases below `/virtual/<name>/` live on it: give SQLite such a path, and this as the journal's `Folder`. The files
/// vanish with the last reference to the disk and its last open file.
///
/// A write is readable at once and durable after its file's sync. A new, renamed or removed name is durable after the sync
/// of the names, or of the file that bears it. A cut takes the power from every handle: until `powerOn` nothing can be
/// opened, and the handles of before answer an I/O error for ever.
public final class VirtualDisk: Sendable {
    /// What a power cut leaves.
    public enum Cut: Sendable, CaseIterable {
        /// The process dies, the machine lives: everything written stays, and may still be lost by a later cut.
        case killed
        /// What was synced, and nothing else.
        case unsyncedLost
        /// The unsynced writes up to one of them, which ends at a sector of 512 bytes.
        case tornLastWrite
        /// Any of the unsynced writes, in whatever order the disk took them.
        case anySubset
    }

    public enum WriteFault: Sendable { case noRoom, writeError }

    /// Operations since the disk was made.
    public struct Counts: Sendable, Hashable {
        /// Everything that can be cut: writes, truncations, syncs, new, renamed and removed names; failed ones too.
        public let steps: Int
        public let writes: Int
        public let syncs: Int
        /// Bytes written.
        public let bytes: Int
    }

    public let name: String

    /// - Precondition: no other disk of the process has the name.
    public init(name: String) {
        VirtualDisk.install()
        self.name = name
        precondition(vdisk_make(name), "two virtual disks named \(name)")
    }

    private init(copying name: String, as copy: String) {
        self.name = copy
        precondition(vdisk_copy(name, copy), "two virtual disks named \(copy)")
    }

    deinit { vdisk_remove(name) }

    /// From now on SQLite finds these disks; every other path goes to the real one. SQLite's own clock stands still, and a
    /// wait for a lock on a virtual disk takes no time.
    public static func install() { _ = installed }

    private static let installed: Void = {
        let code = vdisk_install()
        precondition(code == 0, "SQLite refused the virtual disks: \(code)")
    }()

    /// Makes SQLite's own random numbers those of a seed. They are one sequence for the whole process, so the bytes of a
    /// file repeat only where one thread at a time uses SQLite; what a cut leaves depends on its own seed alone.
    public static func seed(_ seed: UInt64) {
        install()
        vdisk_seed(seed)
    }

    /// Where a file of this disk is found, for SQLite and for `Folder`.
    public func path(_ file: String) -> String { "/virtual/\(name)/\(file)" }

    /// Another disk with the same files, all of them durable.
    public func copy(as other: String) -> VirtualDisk { VirtualDisk(copying: name, as: other) }

    /// The power goes now.
    public func cut(_ cut: Cut, seed: UInt64) { vdisk_cut(name, cut.mode, seed) }

    /// The power goes at that step, counted as in `counts` from 1: it does not happen, or is torn. Replaces an earlier order.
    public func cut(atStep step: Int, _ cut: Cut, seed: UInt64) {
        vdisk_cut_at(name, UInt64(step), cut.mode, seed)
    }

    /// False from a cut until `powerOn`.
    public var isOn: Bool { vdisk_counts(name).is_on }
    public var cuts: Int { Int(vdisk_counts(name).cuts) }
    public func powerOn() { vdisk_power_on(name) }

    /// The nth write from now fails and writes nothing; 1 is the next.
    public func failWrite(_ nth: Int, _ fault: WriteFault) {
        vdisk_fail_write(name, UInt64(nth), fault == .noRoom ? VDISK_NO_ROOM : VDISK_WRITE_ERROR)
    }

    /// The nth sync of a file from now fails. What it should have made durable stays readable and is lost at the next cut,
    /// as on Linux: a second sync succeeds on nothing.
    public func failSync(_ nth: Int) { vdisk_fail_sync(name, UInt64(nth)) }

    /// Most bytes on the disk; nil: as many as you like. Files that are there stay.
    public func limit(bytes: Int?) { vdisk_limit(name, UInt64(bytes ?? 0)) }

    public var counts: Counts {
        let counts = vdisk_counts(name)
        return Counts(
            steps: Int(counts.steps), writes: Int(counts.writes), syncs: Int(counts.syncs),
            bytes: Int(counts.bytes))
    }

    /// A file's bytes as they are read now; nil if there is none.
    public func bytes(_ file: String) -> [UInt8]? { read(file, kept: false) }

    /// A file's bytes as `unsyncedLost` would leave them now; nil if it would leave none.
    public func durableBytes(_ file: String) -> [UInt8]? { read(file, kept: true) }

    private func read(_ file: String, kept: Bool) -> [UInt8]? {
        let path = path(file)
        let size = vdisk_read(path, kept, nil, 0)
        guard size >= 0 else { return nil }
        return [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
            count = Int(min(size, max(0, vdisk_read(path, kept, buffer.baseAddress, size))))
        }
    }
}

extension VirtualDisk: Folder {
    public func size(of path: String) -> Int64? {
        let size = vdisk_size(path)
        return size < 0 ? nil : size
    }

    public func make(_ path: String) throws(FolderFault) {
        try check(vdisk_create(path), "make \(path)")
    }

    public func remove(_ path: String) throws(FolderFault) {
        guard size(of: path) != nil else { return }
        try check(vdisk_unlink(path), "remove \(path)")
    }

    public func rename(_ path: String, to other: String) throws(FolderFault) {
        try check(vdisk_rename(path, other), "rename \(path)")
    }

    public func syncNames(beside path: String) throws(FolderFault) {
        try check(vdisk_sync_names(path), "sync the names beside \(path)")
    }

    private func check(_ code: Int32, _ operation: String) throws(FolderFault) {
        guard code != 0 else { return }
        throw FolderFault(isFull: false, reason: "error \(code) of disk \(name) at \(operation)")
    }
}

extension VirtualDisk.Cut {
    fileprivate var mode: vdisk_mode {
        switch self {
        case .killed: VDISK_KILLED
        case .unsyncedLost: VDISK_UNSYNCED_LOST
        case .tornLastWrite: VDISK_TORN_LAST_WRITE
        case .anySubset: VDISK_ANY_SUBSET
        }
    }
}
