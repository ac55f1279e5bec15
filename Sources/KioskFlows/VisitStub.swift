public import KioskModel

public struct Visit: Sendable {
    public init(settings: VisitSettings, ledger: KioskLedger) {}
    public mutating func begin(at: WallTime) -> Step { .nothing }
    public mutating func handle(_ e: Event, at: WallTime) -> Step { .nothing }
    public func accepts(_ i: Input) -> Bool { true }
    public var outOfService: Screen { Screen(.outOfService, .chinese, title: .init("x")) }
}
