public import KioskFlows

/// The customer's page looks and touches.
extension Kiosk: CustomerPanel {
    public func screens() -> AsyncStream<ShownScreen> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ShownScreen.self, bufferingPolicy: .bufferingNewest(1))
        if watchers.count >= settings.limits.watchers, let shown { tell(shown) }
        if watchers.count >= settings.limits.watchers, let oldest = watchers.keys.min() {
            watchers.removeValue(forKey: oldest)?.finish()
        }
        let watcher = nextWatcher
        nextWatcher += 1
        watchers[watcher] = continuation
        if let shown { continuation.yield(shown) }
        return stream
    }

    public func submit(_ input: Input, on screen: Int) async -> InputVerdict {
        guard answers.count < settings.limits.waitingInputs else {
            return .unavailable("too many inputs at once")
        }
        nextDelivery += 1
        let number = nextDelivery
        return await withCheckedContinuation { answer in
            answers[number] = answer
            if enqueue(Delivery(content: .input(input, screen: screen), number: number)) { return }
            answers.removeValue(forKey: number)?.resume(
                returning: .unavailable("the kiosk is stopping"))
        }
    }

    /// A new id whenever an answer to the old screen would no longer mean the same.
    func show(_ screen: Screen) {
        let same = shown.map { Kiosk.touchable($0.screen) == Kiosk.touchable(screen) } ?? false
        let next = ShownScreen(id: (shown?.id ?? 0) + (same ? 0 : 1), screen: screen)
        shown = next
        tell(next)
    }

    /// Shows it to every page, and forgets the pages that have gone.
    private func tell(_ screen: ShownScreen) {
        watchers = watchers.filter { _, watcher in
            if case .terminated = watcher.yield(screen) { return false }
            return true
        }
    }

    private static func touchable(_ screen: Screen) -> [String] {
        [screen.name.rawValue, screen.keypad?.field ?? ""]
            + screen.choices.filter { $0.unavailable == nil }.map(\.id)
    }
}
