internal import UnixSignals

/// How a program of ours is told to end.
public enum StopSignal {
    /// Returns when SIGTERM (systemd, `make run`) or SIGINT (Ctrl-C) arrives; from then on neither kills the process.
    /// Also returns when the task is cancelled.
    public static func wait() async {
        for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { return }
    }
}
