public import KioskFlows

/// A screen as it is shown: an input names the id it answers.
public struct ShownScreen: Sendable, Hashable {
    /// Changes whenever the screen's name, its choices or its customer change; not when only amounts or seconds do.
    public let id: Int
    public let screen: Screen
    public init(id: Int, screen: Screen) { (self.id, self.screen) = (id, screen) }
}

/// What the page may do: look, and touch.
public protocol CustomerPanel: Sendable {
    /// The current screen first, then every change. Slow readers see the newest, never a backlog.
    func screens() async -> AsyncStream<ShownScreen>
    /// Returns when the input has been handled: its entries are durable and its screen is shown.
    func submit(_ input: Input, on screen: Int) async -> InputVerdict
}

public enum InputVerdict: Sendable, Hashable {
    case accepted
    /// That screen is no longer shown; nothing changed.
    case gone(shown: Int)
    /// The screen has no such choice or field; nothing changed.
    case unknownInput(String)
    /// The kiosk is stopping or the journal does not commit; nothing changed.
    case unavailable(String)
}
