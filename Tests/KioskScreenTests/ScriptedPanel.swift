import KioskFlows
import KioskModel
import KioskRuntime

/// A kiosk of three lines at the far end: it shows what it is told, and takes `next` once per screen.
actor ScriptedPanel: CustomerPanel {
    private(set) var shown: ShownScreen
    private(set) var inputs: [Input] = []
    private var watchers: [AsyncStream<ShownScreen>.Continuation] = []
    /// One value for each reader that is no longer there.
    nonisolated let departures: AsyncStream<Void>
    private let departed: AsyncStream<Void>.Continuation

    init(_ screen: Screen = .sample, id: Int = 7) {
        shown = ShownScreen(id: id, screen: screen)
        (departures, departed) = AsyncStream.makeStream()
    }

    func screens() -> AsyncStream<ShownScreen> {
        let (stream, watcher) = AsyncStream.makeStream(
            of: ShownScreen.self, bufferingPolicy: .bufferingNewest(1))
        let departed = departed
        watcher.onTermination = { _ in departed.yield() }
        watchers.append(watcher)
        watcher.yield(shown)
        return stream
    }

    func show(_ screen: Screen) {
        shown = ShownScreen(id: shown.id + 1, screen: screen)
        for watcher in watchers { watcher.yield(shown) }
    }

    /// The kiosk stops: no more screens.
    func end() { for watcher in watchers { watcher.finish() } }

    func submit(_ input: Input, on screen: Int) -> InputVerdict {
        guard screen == shown.id else { return .gone(shown: shown.id) }
        switch input {
        case .choice("stop"): return .unavailable("the kiosk is stopping")
        case .choice("next"), .fields:
            inputs.append(input)
            show(.sample)
            return .accepted
        case .choice: return .unknownInput("the screen has no such choice")
        }
    }
}

extension Screen {
    static let sample = Screen(
        .insertNotes, .chinese, title: Message("insertNotes.title"),
        body: [Message("insertNotes.body.maximum", ["maximum": "500"])],
        facts: [Fact(Message("fact.number"), "138 0013 8000")],
        choices: [
            Choice("next", Message("choice.next"), .primary),
            Choice("no", Message("choice.no"), unavailable: Message("hindrance.paperOut")),
        ],
        keypad: Keypad(field: "number", digits: 11, groups: [3, 4, 4]),
        amount: .yuan(70), denominations: [.yuan(10), .yuan(20)], secondsLeft: 20)
}
