internal import Glibc
internal import VirtualWorld

/// DIR/printer/conditions: what is wrong with the virtual printer, one word a line; its CUPS backend reads it.
struct PrinterConditions {
    /// Word on the command line to word in the file; "jam" alone would be the validator's.
    private static let names = [
        "paper-out": "paper-out", "paper-low": "paper-low", "cover-open": "cover-open",
        "printer-jam": "jam", "printer-off": "off", "printer-slow": "slow", "printer-dies": "dies",
        "printer-stops": "stops",
    ]

    static var words: [String] { names.keys.sorted() }
    static func condition(_ word: String) -> String? { names[word] }

    private let folder: String
    private var path: String { folder + "/conditions" }

    init(_ options: StateOptions) throws {
        folder = options.file("printer")
        try options.make()
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
            throw Trouble.system("make folder \(folder)")
        }
    }

    func add(_ condition: String) throws { try change { $0 + [condition] } }
    func remove(_ condition: String) throws {
        try change {
            $0
        } without: {
            $0 == condition
        }
    }
    func removeAll() throws { try change { _ in [] } }

    private func change(
        _ edit: ([String]) -> [String], without drops: (String) -> Bool = { _ in false }
    ) throws {
        let text = String(decoding: try DurableFile.read(path) ?? [], as: UTF8.self)
        let lines = edit(text.split(separator: "\n").map(String.init)).filter { !drops($0) }
        let unique = Set(lines).sorted()
        try DurableFile.replace(path, with: unique.map { $0 + "\n" }.joined())
    }
}
