import Foundation
import KioskFlows
import KioskModel

@testable import DeviceKit
@testable import KioskRuntime
@testable import KioskScreen
@testable import OfficeWeb

/// A profile file, as either class of device.
@Sendable func fuzzProfile(_ input: [UInt8]) {
    guard let text = text(input) else { return }
    for folder in ["bill-acceptors", "printers"] {
        do throws(YAMLFault) {
            let reader = ProfileReader(
                yaml: try StrictYAML(text: text, file: "fuzzed.yaml"), name: "\(folder)/fuzzed",
                drivers: knownDrivers)
            switch try reader.deviceClass() {
            case .billAcceptor:
                let unit = try reader.billAcceptor()
                expect(Set(unit.notes.map(\.code)).count == unit.notes.count, "each code once")
                expect(unit.notes.allSatisfy { $0.value > .zero }, "notes are worth something")
                expect(!unit.currencyCodes.isEmpty, "a currency is known")
            case .printer:
                expect((16...132).contains(try reader.printer().columns), "a printer has columns")
            case .cardReader: expect(false, "no reader of cards exists yet")
            }
        } catch {
            expectSentence("\(error)", about: input)
        }
    }
}

private let knownDrivers = DriverList(
    billAcceptors: ["ccnet": { _, _, _ in preconditionFailure("nothing is fitted here") }],
    printers: ["escpos": { _, _, _ in preconditionFailure("nothing is fitted here") }],
    quirks: ["ccnet": ["pauseAfterReset", "reopenAfterReset", "resetToRecover"]])

/// kioskd's configuration file.
@Sendable func fuzzConfiguration(_ input: [UInt8]) {
    guard let text = text(input) else { return }
    do throws(YAMLFault) {
        let read = try KioskConfiguration(StrictYAML(text: text, file: "kiosk.yaml"))
        expect(read.minimum > .zero && read.minimum <= read.maximum, "limits in order")
        expect(!read.languages.isEmpty && !read.denominations.isEmpty, "something to offer")
        expect(read.waits.idle + read.waits.moreTime <= .seconds(30), "personal data goes in time")
        expect(read.screen.host == "127.0.0.1", "the screen is not reachable from outside")
        expect(read.devices.count <= 2, "one device of a class")
        _ = try? read.grammar.read("13800138000")
    } catch {
        expectSentence("\(error)", about: input)
    }
}

/// A recorded exchange with a device.
@Sendable func fuzzTranscript(_ input: [UInt8]) {
    guard let text = text(input) else { return }
    do throws(TranscriptFault) {
        let transcript = try Transcript(text: text, file: "x.transcript")
        expect((1...Transcript.linesMax).contains(transcript.lines.count), "a transcript has lines")
        let numbers = transcript.lines.map(\.number)
        expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }, "lines are in order")
    } catch {
        expectSentence("\(error)", about: input)
    }
}

/// An input of the customer's page.
@Sendable func fuzzScreenInput(_ input: [UInt8]) {
    guard let message = try? JSONDecoder().decode(InputMessage.self, from: Data(input)) else {
        return
    }
    guard case .fields(let fields) = message.input else { return }
    expect((1...InputMessage.fieldsMax).contains(fields.count), "as many fields as a screen has")
    for value in fields.values {
        if let phone = try? PhoneGrammar.mainlandMobile.read(value) {
            expect(phone.clear == value, "a number is what was typed")
        }
        _ = SlipNumber(typed: value)
        _ = PhoneNumber.group(value)
    }
}

/// Short texts: the first byte chooses what they are said to be.
@Sendable func fuzzTypedText(_ input: [UInt8]) {
    guard let kind = input.first, let text = text(Array(input.dropFirst())) else { return }
    switch kind & 7 {
    case 0: money(text)
    case 1: phone(text)
    case 2:
        guard let slip = SlipNumber(typed: text) else { return }
        expect(slip.digits == text, "a slip is its digits")
    case 3:
        guard let order = OrderID(text: text) else { return }
        expect(order.text == text, "an order has one spelling")
    case 4:
        guard let epoch = Epoch(hex: text) else { return }
        expect(epoch.hex == text, "an epoch has one spelling")
    case 5:
        guard let kiosk = KioskID(rawValue: text) else { return }
        expect((1...24).contains(kiosk.rawValue.count), "a kiosk's name is short")
    default:
        do throws(Fault) {
            expect((0...65_535).contains(try ListenAddress(text).port), "a port")
        } catch {
            expectSentence("\(error)", about: input)
        }
    }
}

private func money(_ text: String) {
    guard let money = Money(yuanText: text) else { return }
    expect(Money(yuanText: money.yuanText) == money, "\(text): an amount is read as it is written")
    expect(text.utf8.count <= 19, "an amount has at most 15 digits of yuan")
    // Seventeen digits are more than a double holds, fifteen are not.
    guard text.utf8.count <= 13, let value = Double(text) else { return }
    expect(money.fen == Int64((value * 100).rounded()), "\(text): no fen lost")
}

private func phone(_ text: String) {
    do throws(PhoneGrammar.Refusal) {
        let number = try PhoneGrammar.mainlandMobile.read(text)
        expect(number.clear == text && text.utf8.count == 11, "a number is what was typed")
        expect(!"\(number)".contains(text), "a number prints its mask")
        expect(number.grouped.filter { $0 != " " } == text, "grouping changes no digit")
    } catch {
        expect(text != "13800138000", "a good number is taken")
    }
}
