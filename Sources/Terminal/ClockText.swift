internal import Foundation

/// "2026-03-01 14:05:09", local time, from milliseconds since 1970 UTC.
public func clockText(_ milliseconds: Int64) -> String {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.dateFormat = "yyyy-MM-dd HH:mm:ss"
    return format.string(from: Date(timeIntervalSince1970: Double(milliseconds) / 1000))
}
