/// The protocol that a virtual validator speaks; its raw value is the `driver` key of the profiles.
public enum ValidatorLanguage: String, Sendable, Hashable, CaseIterable {
    case ccnet
    case ebds
    case id003
    case ssp

    var speech: any ValidatorSpeech {
        switch self {
        case .ccnet: CCNETSpeech()
        case .ebds: EBDSSpeech()
        case .id003: ID003Speech()
        case .ssp: SSPSpeech()
        }
    }
}

/// A protocol as the unit speaks it: the host's bytes in; what the unit does, and its frames, out.
///
/// Written from the protocol's description, never from the driver: a misreading must not hide in both.
protocol ValidatorSpeech: Sendable {
    /// Tells the mechanics what units of this protocol do otherwise; called once, when the unit is made.
    func prepare(_ unit: inout ValidatorUnit)

    /// Takes bytes as they arrive, works the unit, and gives what it answers, in order.
    mutating func hear(_ bytes: [UInt8], _ unit: inout ValidatorUnit, at nowNs: Int64)
        -> [ValidatorWords]

    /// Power was cut: what was half heard, and every setting that is not kept, is gone.
    mutating func forget()
}

extension ValidatorSpeech {
    func prepare(_ unit: inout ValidatorUnit) {}
}

/// One frame of the unit.
struct ValidatorWords: Sendable, Hashable {
    let frame: [UInt8]
    /// The byte by which a fault names the answer (`fault lost-reply at 81`).
    let status: UInt8
}

/// What every virtual validator is, whatever it speaks: its mechanics, its cable, and what it says of itself.
struct ValidatorUnit: Sendable {
    var path: NotePath
    var troubles: LineTroubles
    /// It tells of notes of another country.
    var wrongCurrency = false
    /// Another unit stands in its place: same model, another serial number.
    var swappedSerial = false
    /// The status it answers instead of the true one.
    var unknownStatus: UInt8?

    init(path: NotePath, troubles: LineTroubles) { (self.path, self.troubles) = (path, troubles) }
}
