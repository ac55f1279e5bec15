/// How long a virtual validator takes for each motion, and what its line allows: the one table of its times.
///
/// Source of the limits: CashCode CCNET Common Specifications v2.6.0, timing and escrow. The motions are those of a
/// stacker of the SM class, about two seconds a note.
public struct ValidatorTiming: Sendable, Hashable {
    /// From a note at the slot to the motor that draws it in.
    public var drawIn: Duration = .milliseconds(200)
    public var accept: Duration = .milliseconds(900)
    public var stack: Duration = .milliseconds(900)
    /// Into stacking, the moment from which the note is past the validator and cannot come back.
    public var stackerReached: Duration = .milliseconds(400)
    public var giveBack: Duration = .milliseconds(600)
    public var reject: Duration = .milliseconds(700)
    /// From RESET, a new cassette or a cleared jam until the unit works again.
    public var initialize: Duration = .milliseconds(1500)
    /// From power to the first answer.
    public var boot: Duration = .milliseconds(500)
    /// From a command that starts the whole unit anew to the first answer; EBDS hosts wait 5 to 15 s.
    public var restart: Duration = .seconds(5)
    /// How long the unit says that it was cheated.
    public var cheated: Duration = .seconds(3)
    /// Two notes in the path: after that both are given back.
    public var pauseMax: Duration = .seconds(10)
    /// A held note goes back after that; HOLD starts it anew, SET ESCROW TIMEOUTS changes it.
    public var escrow: Duration = .seconds(10)
    /// From the end of a command to the answer; the limit is 10 ms.
    public var reply: Duration = .milliseconds(2)
    /// A late reply: past every host's patience.
    public var lateReply: Duration = .milliseconds(700)
    /// Bytes of one frame never lie further apart.
    public var interByteMax: Duration = .milliseconds(5)
    /// An acknowledgement that comes later counts as none.
    public var acknowledgeMax: Duration = .milliseconds(10)

    /// As the manual has it; exact in virtual time.
    public static let manual = ValidatorTiming()

    /// Over a pseudo-terminal two processes share the processor: the line's limits are wider, the motions the same.
    public static let pseudoTerminal: ValidatorTiming = {
        var timing = ValidatorTiming()
        timing.interByteMax = .milliseconds(100)
        timing.acknowledgeMax = .milliseconds(100)
        return timing
    }()
}

extension Duration {
    /// Whole nanoseconds; the virtual machines count in them.
    var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
