internal import Foundation

/// A machine's disk, life by life: each power cut gives the next life what was written until then.
final class Disk: @unchecked Sendable {
    private let base: String
    private var life = 1

    init(base: String) throws {
        self.base = base
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    var folder: String { "\(base)-\(life)" }

    /// The disk as it is now becomes the next life's disk; what a dying process still writes is not on it.
    func freeze() throws {
        let files = FileManager.default
        let old = folder
        life += 1
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in try files.contentsOfDirectory(atPath: old).sorted()
        where !name.hasSuffix("-shm") {
            try files.copyItem(atPath: "\(old)/\(name)", toPath: "\(folder)/\(name)")
        }
    }
}
