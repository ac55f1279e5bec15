public import KioskModel

/// An entry as one line for people: "noteCredited note=7 value=50.00 session=3". Personal data stays masked.
extension Entry {
    public var text: String {
        switch self {
        case .journalOpened(let kiosk, let epoch): "journalOpened kiosk=\(kiosk) epoch=\(epoch)"
        case .sessionStarted(let session, let order):
            "sessionStarted \(Entry.text(session)) order=\(order)"
        case .numberChosen(let session, let phone):
            "numberChosen \(Entry.text(session)) phone=\(phone.masked)"
        case .sessionEnded(let session, let outcome):
            "sessionEnded \(Entry.text(session)) outcome=\(outcome.rawValue)"
        case .noteOffered(let note, let value, let session):
            "noteOffered \(Entry.text(note, value, session))"
        case .stackIntended(let note): "stackIntended note=\(note.number)"
        case .returnIntended(let note, let reason):
            "returnIntended note=\(note.number) reason=\(reason.rawValue)"
        case .noteCredited(let note, let value, let session):
            "noteCredited \(Entry.text(note, value, session))"
        case .noteReturned(let note): "noteReturned note=\(note.number)"
        case .noteDoubtful(let note, let value, let session, let reason):
            "noteDoubtful \(Entry.text(note, value, session)) reason=\(reason.rawValue)"
        case .paymentCommitted(let order, let slip, let phone, let amount):
            "paymentCommitted order=\(order) slip=\(slip.digits) phone=\(phone.masked) "
                + "amount=\(amount.yuanText)"
        case .orderSettled(let order, let state, let command):
            "orderSettled order=\(order) state=\(state.rawValue) command=\(command)"
        case .receiptIssued(let receipt):
            "receiptIssued order=\(receipt.order) copy=\(receipt.copy) "
                + "phone=\(receipt.phone.masked) amount=\(receipt.amount.yuanText) "
                + "state=\(receipt.state.rawValue)"
        case .receiptEnded(let order, let copy, let result):
            "receiptEnded order=\(order) copy=\(copy) result=\(result.rawValue)"
        case .cassetteRemoved: "cassetteRemoved"
        case .cassetteInserted: "cassetteInserted"
        case .deviceIdentified(let device, let identity):
            "deviceIdentified device=\(device) model=\(identity.model) serial=\(identity.serial) "
                + "firmware=\(identity.firmware)"
        case .alarmRaised(let alarm, let severity, let evidence):
            "alarmRaised object=\(alarm.object) code=\(alarm.code.rawValue) "
                + "severity=\(severity.rawValue) evidence=\(evidence)"
        case .alarmCleared(let alarm):
            "alarmCleared object=\(alarm.object) code=\(alarm.code.rawValue)"
        case .rated(let session, let stars): "rated \(Entry.text(session)) stars=\(stars)"
        case .repeatIgnored(let note): "repeatIgnored note=\(note.number)"
        case .telemetryDropped(let count): "telemetryDropped count=\(count)"
        }
    }

    private static func text(_ session: SessionID) -> String { "session=\(session.number)" }

    private static func text(_ note: NoteID, _ value: Money, _ session: SessionID?) -> String {
        "note=\(note.number) value=\(value.yuanText)" + (session.map { " " + text($0) } ?? "")
    }
}
