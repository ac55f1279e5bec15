// What kioskd answers, as far as the texts for people use it. Programs get the answer itself.

struct StatusReport: Decodable {
    var kiosk: String
    var site: String
    var epoch: String
    var screen: String
    var services: [String: [String]]
    var officeReachable: Bool
    var journalSynchronous: String
    var openSession: Bool
    var uptimeSeconds: Int64
}

struct DeviceReport: Decodable {
    struct Identity: Decodable {
        var model: String
        var serial: String
        var firmware: String
    }
    var name: String
    var profile: String
    var link: String
    var status: String
    var identity: Identity?
    var conditions: [String]
    var fault: String?
}

struct AlarmReport: Decodable {
    var object: String
    var code: String
    var severity: String
    var evidence: String
    var raisedAt: Int64
    var clearsWhen: String
    var repair: String
}

struct LedgerReport: Decodable {
    struct Notes: Decodable {
        var credited: [String: Int]
        var returned: [String: Int]
        var doubtful: [String: Int]
    }
    struct Order: Decodable {
        var id: String
        var slip: String
        var number: String
        var fen: Int64
        var state: String
    }
    var accounts: [String: Int64]
    var notes: Notes
    var orders: [Order]
}

struct LaneReport: Decodable {
    var lane: String
    var last: Int64
    var acked: Int64
    var oldestWaitingAt: Int64?
}

struct ReceiptReport: Decodable {
    var slip: String
    var order: String
    var number: String
    var fen: Int64
    var at: Int64
}

struct EntryReport: Decodable {
    var position: Int64
    var lane: String
    var seq: Int64
    var at: Int64
    var text: String
}

struct VerifyReport: Codable {
    var intact: Bool
    var entries: Int64
    var firstBroken: String?
}
