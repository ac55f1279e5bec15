public import KioskModel

/// A receipt printer behind a print queue.
public protocol Printer: Sendable {
    /// Watches the queue for as long as the task lives and reports the complete set of conditions at every change,
    /// the first time at once. Returns only when its task is cancelled.
    func watch(report: @escaping @Sendable (Set<PrinterCondition>) async -> Void) async

    /// Prints one document and says honestly what became of it, within the profile's limit. Never throws: a dead printer
    /// is an answer (`failed` only where surely no byte left).
    func print(_ document: PrintDocument, title: String) async -> ReceiptResult

    /// Cancels all that has not come out, so that no paper of one customer comes out for another.
    func cancelAll() async
}

/// Lines of a receipt, without the printer's language. The printer's driver makes its bytes; people read the same lines.
public struct PrintDocument: Sendable, Hashable {
    public enum Alignment: String, Sendable { case left, center, right }
    public struct Style: Sendable, Hashable {
        public var alignment: Alignment
        public var bold: Bool
        /// 1 or 2: double width and height.
        public var scale: Int
        public init(_ alignment: Alignment = .left, bold: Bool = false, scale: Int = 1) {
            (self.alignment, self.bold, self.scale) = (alignment, bold, scale)
        }
    }
    public enum Line: Sendable, Hashable {
        case text(String, Style)
        /// Label left, value right on one line; on two if they do not fit.
        case pair(String, String, Style)
        case rule
        case feed(Int)
    }
    public var lines: [Line]
    public init(_ lines: [Line]) { self.lines = lines }
}
