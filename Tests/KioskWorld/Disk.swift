internal import Foundation
internal import KioskModel
internal import KioskStore
public import VirtualWorld

/// A machine's disk. A virtual one loses in a power cut what a disk may lose; a real folder is copied as it is.
public final class Disk: @unchecked Sendable {
    private enum Kind {
        case virtual(VirtualDisk)
        case real(base: String)
    }

    private let kind: Kind
    private var life = 1

    /// - Parameter place: a real folder for the files; nil: a virtual disk.
    init(_ name: String, in place: String?) throws {
        if let place {
            kind = .real(base: place + "/" + name)
            try FileManager.default.createDirectory(
                atPath: path(""), withIntermediateDirectories: true)
        } else {
            kind = .virtual(VirtualDisk(name: name + "-" + UUID().uuidString))
        }
    }

    func path(_ file: String) -> String {
        switch kind {
        case .virtual(let disk): disk.path(file)
        case .real(let base): "\(base)-\(life)/\(file)"
        }
    }

    var folder: any Folder {
        switch kind {
        case .virtual(let disk): disk
        case .real: SystemFolder()
        }
    }

    /// For faults of its own; nil: a real one.
    public var virtual: VirtualDisk? {
        guard case .virtual(let disk) = kind else { return nil }
        return disk
    }

    /// False after a cut in the middle of its work.
    var isOn: Bool { virtual?.isOn ?? true }

    /// From now on whoever has a file open cannot use it any more.
    func cut(_ way: VirtualDisk.Cut, seed: UInt64) throws {
        switch kind {
        case .virtual(let disk): if disk.isOn { disk.cut(way, seed: seed) }
        case .real: try freeze()
        }
    }

    func powerOn() { virtual?.powerOn() }

    /// The disk as it is now becomes the next life's disk; what a dying process still writes is not on it.
    private func freeze() throws {
        let (files, old) = (FileManager.default, path(""))
        life += 1
        try files.createDirectory(atPath: path(""), withIntermediateDirectories: true)
        for name in try files.contentsOfDirectory(atPath: old).sorted()
        where !name.hasSuffix("-shm") {
            try files.copyItem(atPath: old + name, toPath: path(name))
        }
    }
}
