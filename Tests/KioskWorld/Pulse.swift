/// Whether a program still runs. What a dead one says reaches nobody.
///
/// `@unchecked Sendable`: like everything in this folder it is touched on the scheduler's one thread only.
public final class Pulse: @unchecked Sendable {
    public private(set) var isAlive = true
    public init() {}
    public func stop() { isAlive = false }
}
