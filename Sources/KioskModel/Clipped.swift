extension String {
    /// What somebody else wrote, fit to be kept and shown: no control characters, at most `count` Unicode scalars. One
    /// `Character` may hold any number of them, so counting characters bounds nothing.
    public func clipped(to count: Int) -> String {
        let visible = unicodeScalars.lazy.filter { $0.value >= 0x20 && !(0x7F...0x9F ~= $0.value) }
        return String(String.UnicodeScalarView(visible.prefix(count)))
    }
}
