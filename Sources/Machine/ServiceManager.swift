internal import CSystemd

/// What systemd is told of this process. Without systemd nothing happens and nothing fails.
/// Source: sd_notify(3), sd_watchdog_enabled(3).
public enum ServiceManager {
    /// The service works: recovered, listening, first screen shown.
    public static func ready() { _ = sd_notify(0, "READY=1") }

    /// The service is ending by intent.
    public static func stopping() { _ = sd_notify(0, "STOPPING=1") }

    /// Fed while the main loop moves; not fed for `WatchdogSec`, systemd kills and restarts us.
    public static func alive() { _ = sd_notify(0, "WATCHDOG=1") }
}
