internal import ArgumentParser
internal import Glibc
internal import VirtualWorld

/// Shows a print job as a person would see the paper.
struct ReceiptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipt", abstract: "Show the newest receipt, or that of FILE, as text.")
    @Argument(help: "A file of printer bytes; the newest DIR/printer/job-*.bin if left out.")
    var file: String?
    @Option(help: "Columns of the paper.") var columns = 48
    @OptionGroup var options: StateOptions

    /// The longest job that is decoded.
    private static let sizeMax = 4 * 1024 * 1024

    func run() throws {
        let path = try file ?? newest()
        guard let bytes = try DurableFile.read(path) else {
            throw Trouble("receipt: expected a readable file, got none at \(path)")
        }
        guard bytes.count <= Self.sizeMax else {
            throw Trouble("receipt: expected at most \(Self.sizeMax) bytes, got \(bytes.count)")
        }
        let receipt = ReceiptDecoder.decode(bytes)
        Terminal.say(receipt.picture(columns: max(16, min(columns, 200))))
        for problem in receipt.problems { Terminal.remark("receipt: \(problem)") }
    }

    /// By time of writing, then by the job's number.
    private func newest() throws -> String {
        let folder = options.file("printer")
        guard let entries = opendir(folder) else {
            throw Trouble(
                "receipt: expected jobs in \(folder), got no such folder. Has anything been printed?"
            )
        }
        defer { closedir(entries) }
        var jobs: [(seconds: Int, nanoseconds: Int, number: Int, path: String)] = []
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasPrefix("job-"), name.hasSuffix(".bin"),
                let number = Int(name.dropFirst(4).dropLast(4))
            else { continue }
            var status = stat()
            guard stat("\(folder)/\(name)", &status) == 0 else { continue }
            jobs.append(
                (status.st_mtim.tv_sec, status.st_mtim.tv_nsec, number, "\(folder)/\(name)"))
        }
        guard let last = jobs.max(by: { ($0.0, $0.1, $0.2) < ($1.0, $1.1, $1.2) }) else {
            throw Trouble(
                "receipt: expected a job in \(folder), got none. Has anything been printed?")
        }
        return last.path
    }
}
