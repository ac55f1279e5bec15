internal import Foundation
internal import KioskModel

/// Every known device model: the files below devices/, read strictly and all at once, so that a bad one is found when the
/// program starts and not when the device is fitted.
public struct ProfileSet: Sendable {
    /// Sorted by name.
    public let billAcceptors: [BillAcceptorProfile]
    /// Sorted by name.
    public let printers: [PrinterProfile]

    public init(billAcceptors: [BillAcceptorProfile], printers: [PrinterProfile]) {
        self.billAcceptors = billAcceptors.sorted { $0.head.name < $1.head.name }
        self.printers = printers.sorted { $0.head.name < $1.head.name }
    }

    /// Reads every .yaml file below the directory.
    ///
    /// - Throws: `YAMLFault` for the first file that is not right; the program says so and does not start.
    public static func load(directory: String, drivers: DriverList) throws(YAMLFault) -> ProfileSet
    {
        var billAcceptors: [BillAcceptorProfile] = []
        var printers: [PrinterProfile] = []
        for path in try files(below: directory) {
            let reader = ProfileReader(
                yaml: try StrictYAML.read(file: directory + "/" + path),
                name: String(path.dropLast(".yaml".count)), drivers: drivers)
            switch try reader.deviceClass() {
            case .billAcceptor: billAcceptors.append(try reader.billAcceptor())
            case .printer: printers.append(try reader.printer())
            case .cardReader: continue
            }
        }
        return ProfileSet(billAcceptors: billAcceptors, printers: printers)
    }

    /// By the path below devices/, without ".yaml": "bill-acceptors/cashcode-sm".
    public func billAcceptor(_ name: String) -> BillAcceptorProfile? {
        billAcceptors.first { $0.head.name == name }
    }

    /// By the path below devices/, without ".yaml": "printers/generic-80mm".
    public func printer(_ name: String) -> PrinterProfile? {
        printers.first { $0.head.name == name }
    }

    /// More files than this are a wrong directory, not device profiles.
    private static let filesMax = 1000

    private static func files(below directory: String) throws(YAMLFault) -> [String] {
        guard let found = FileManager.default.enumerator(atPath: directory) else {
            throw YAMLFault(
                file: directory, line: 0, key: "",
                problem:
                    "expected a directory of profiles, got none. Check the path and its rights.")
        }
        var files: [String] = []
        for case let path as String in found {
            if path.hasSuffix(".yml") {
                throw YAMLFault(
                    file: directory + "/" + path, line: 0, key: "",
                    problem: "expected the ending .yaml, got .yml; rename the file")
            }
            guard path.hasSuffix(".yaml") else { continue }
            files.append(path)
            guard files.count <= filesMax else {
                throw YAMLFault(
                    file: directory, line: 0, key: "",
                    problem: "expected at most \(filesMax) profiles; is it the right directory?")
            }
        }
        guard !files.isEmpty else {
            throw YAMLFault(
                file: directory, line: 0, key: "",
                problem: "expected profiles (.yaml files), got none. Check the path.")
        }
        return files.sorted()
    }
}
