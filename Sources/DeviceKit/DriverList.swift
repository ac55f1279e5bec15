public import KioskModel

/// The drivers that a program was built with; the runtime and the profiles name them, nobody else knows them.
public struct DriverList: Sendable {
    public typealias MakeBillAcceptor =
        @Sendable (BillAcceptorProfile, any ByteLink, any Timekeeper) -> any BillAcceptor
    public typealias MakePrinter =
        @Sendable (PrinterProfile, any PrintLink, any Timekeeper) -> any Printer

    /// By the profile's `driver` key, alphabetical.
    public let billAcceptors: [String: MakeBillAcceptor]
    public let printers: [String: MakePrinter]
    /// Quirks each driver knows; a profile that names another does not load.
    public let quirks: [String: Set<String>]

    public init(
        billAcceptors: [String: MakeBillAcceptor], printers: [String: MakePrinter],
        quirks: [String: Set<String>]
    ) {
        (self.billAcceptors, self.printers, self.quirks) = (billAcceptors, printers, quirks)
    }
}
