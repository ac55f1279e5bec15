public import DeviceKit
public import KioskModel

/// Sets a receipt: the proof in the customer's hand, in the customer's language, with what is true at that moment.
public struct ReceiptLayout: Sendable {
    /// Every text a receipt may need. A file of texts has exactly these keys.
    enum Key: String, CaseIterable {
        case title, copy, slip, phone, time, site, kiosk, note, amount, sum
        case credited = "state.credited", creditedMeaning = "state.credited.meaning"
        case queued = "state.queued", queuedMeaning = "state.queued.meaning"
        case checking = "state.checking", checkingMeaning = "state.checking.meaning"
        case refused = "state.refused", refusedMeaning = "state.refused.meaning"
        case refunded = "state.refunded", refundedMeaning = "state.refunded.meaning"
        case doubtful, doubtfulMeaning = "doubtful.meaning"
        case claim, hotline, keep
    }

    private let texts: [Language: [Key: String]]
    private let hotline: String

    /// - Parameters:
    ///   - texts: the embedded texts/receipt.*.json of every language.
    ///   - hotline: the operator's number for people, as it is said.
    /// - Precondition: every language has every key. The texts are part of the program; a test proves them complete.
    public init(texts: [Language: [String: String]], hotline: String) {
        var known: [Language: [Key: String]] = [:]
        for language in Language.allCases {
            let given = texts[language, default: [:]]
            known[language] = [:]
            for key in Key.allCases {
                guard let text = given[key.rawValue], !text.isEmpty else {
                    preconditionFailure(
                        "receipt texts: no `\(key.rawValue)` in \(language.rawValue)")
                }
                known[language]?[key] = text
            }
        }
        (self.texts, self.hotline) = (known, hotline)
    }

    public func document(for receipt: Receipt) -> PrintDocument {
        PrintDocument(
            head(receipt) + [.rule] + facts(receipt) + [.rule] + money(receipt) + [.rule]
                + outcome(receipt) + [.rule] + advice(receipt))
    }

    private func head(_ receipt: Receipt) -> [PrintDocument.Line] {
        var lines: [PrintDocument.Line] = []
        if receipt.copy > 0 {
            lines.append(
                .text(
                    text(.copy, receipt, ["count": "\(receipt.copy)"]),
                    .init(.center, bold: true, scale: 2)))
        }
        lines.append(.text(text(.title, receipt), .init(.center, bold: true, scale: 2)))
        // Whoever finds or checks the slip may read the other language.
        for language in Language.allCases where language != receipt.language {
            lines.append(.text(text(.title, in: language), .init(.center)))
        }
        return lines
    }

    private func facts(_ receipt: Receipt) -> [PrintDocument.Line] {
        [
            .pair(text(.slip, receipt), receipt.slip.grouped, .init(bold: true)),
            .pair(text(.phone, receipt), receipt.phone.masked, .init(bold: true)),
            .pair(text(.time, receipt), ReceiptLayout.time(receipt.at), .init()),
            .pair(text(.site, receipt), receipt.site, .init()),
            .pair(text(.kiosk, receipt), receipt.kiosk.rawValue, .init()),
        ]
    }

    private func money(_ receipt: Receipt) -> [PrintDocument.Line] {
        var counts: [Money: Int64] = [:]
        for note in receipt.notes { counts[note, default: 0] += 1 }
        var lines = counts.sorted { $0.key > $1.key }.map { value, count in
            PrintDocument.Line.pair(
                text(
                    .note, receipt,
                    ["value": ReceiptLayout.faceValue(value), "count": "\(count)"]),
                amount(Money(fen: value.fen * count), receipt), .init())
        }
        lines.append(
            .pair(text(.sum, receipt), amount(receipt.amount, receipt), .init(bold: true, scale: 2))
        )
        if receipt.doubtful != .zero {
            lines.append(
                .pair(
                    text(.doubtful, receipt), amount(receipt.doubtful, receipt), .init(bold: true)))
        }
        return lines
    }

    private func outcome(_ receipt: Receipt) -> [PrintDocument.Line] {
        let (headline, meaning): (Key, Key) =
            switch receipt.state {
            case .credited: (.credited, .creditedMeaning)
            case .queued: (.queued, .queuedMeaning)
            case .checking: (.checking, .checkingMeaning)
            case .refused: (.refused, .refusedMeaning)
            case .refunded: (.refunded, .refundedMeaning)
            }
        var lines: [PrintDocument.Line] = [
            .text(text(headline, receipt), .init(.center, bold: true)),
            .text(text(meaning, receipt), .init()),
        ]
        if receipt.doubtful != .zero {
            lines.append(.text(text(.doubtfulMeaning, receipt), .init()))
        }
        return lines
    }

    private func advice(_ receipt: Receipt) -> [PrintDocument.Line] {
        [
            .text(text(.claim, receipt), .init()),
            .pair(text(.hotline, receipt), hotline, .init()),
            .feed(1),
            .text(text(.keep, receipt), .init(.center)),
        ]
    }

    private func amount(_ money: Money, _ receipt: Receipt) -> String {
        text(.amount, receipt, ["amount": money.yuanText])
    }

    private func text(_ key: Key, _ receipt: Receipt, _ gaps: KeyValuePairs<String, String> = [:])
        -> String
    {
        var text = text(key, in: receipt.language)
        for (gap, value) in gaps { text = text.replacing("{\(gap)}", with: value) }
        return text
    }

    private func text(_ key: Key, in language: Language) -> String {
        guard let text = texts[language]?[key] else {
            preconditionFailure("receipt texts: no `\(key.rawValue)` in \(language.rawValue)")
        }
        return text
    }

    /// "50": notes are whole yuan; "0.50" where they are not.
    private static func faceValue(_ note: Money) -> String {
        note.fen % 100 == 0 ? "\(note.fen / 100)" : note.yuanText
    }

    /// "2026-01-01 08:00" in Asia/Shanghai, which is UTC+8 all year round.
    /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
    static func time(_ wall: WallTime) -> String {
        let minutes = floor(wall.milliseconds, by: 60_000) + 8 * 60
        let days = floor(minutes, by: 24 * 60)
        // Counted from 0000-03-01, so that the leap day is a year's last.
        let shifted = days + 719_468
        let era = floor(shifted, by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let minute = minutes - days * 24 * 60
        return "\(padded(year, to: 4))-\(padded(month, to: 2))-\(padded(day, to: 2))"
            + " \(padded(minute / 60, to: 2)):\(padded(minute % 60, to: 2))"
    }

    private static func floor(_ number: Int64, by divisor: Int64) -> Int64 {
        let quotient = number / divisor
        return number % divisor < 0 ? quotient - 1 : quotient
    }

    private static func padded(_ number: Int64, to width: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
