import DeviceKit
import Foundation
import KioskModel
import Testing

@testable import KioskRuntime

/// Receipts as they lie in the customer's hand.
struct ReceiptLayoutTests {
    @Test(arguments: Language.allCases)
    func `the texts of each language have exactly the keys of a receipt`(language: Language) throws
    {
        let texts = try ReceiptLayoutTests.texts(language)

        #expect(Set(texts.keys) == Set(ReceiptLayout.Key.allCases.map(\.rawValue)))
        #expect(texts.values.allSatisfy { !$0.isEmpty })
    }

    @Test func `both languages leave the same gaps`() throws {
        let (chinese, english) = (
            try ReceiptLayoutTests.texts(.chinese), try ReceiptLayoutTests.texts(.english)
        )

        for (key, text) in chinese {
            #expect(Self.gaps(text) == Self.gaps(english[key, default: ""]), "\(key)")
        }
    }

    @Test func `a credited top-up of 50, 20 and 20 yuan reads so in Chinese`() throws {
        let receipt = try receipt(.chinese, .credited)

        let paper = try ReceiptLayoutTests.layout().document(for: receipt).plainText(columns: 48)

        #expect(
            paper == """
                                    充值凭条
                                 Top-up receipt
                ------------------------------------------------
                凭条号                            8965 9000 0429
                充值号码                             138****8000
                时间                            2026-01-01 08:00
                网点                                  演示营业厅
                终端编号                                   K0001
                ------------------------------------------------
                50 元 × 1                              50.00 元
                20 元 × 2                              40.00 元
                合计                                    90.00 元
                ------------------------------------------------
                                    充值成功
                款项已存入上述号码的话费账户。
                ------------------------------------------------
                查询这笔钱：在任一自助终端选择“我的钱到哪了”，
                输入凭条号和充值号码。
                客服热线                                   10086

                                 请保管好此凭条

                """)
    }

    @Test func `a queued top-up reads so in English`() throws {
        let receipt = try receipt(.english, .queued)

        let paper = try ReceiptLayoutTests.layout().document(for: receipt).plainText(columns: 48)

        #expect(
            paper == """
                                 Top-up receipt
                                    充值凭条
                ------------------------------------------------
                Slip number                       8965 9000 0429
                Phone number                         138****8000
                Time                            2026-01-01 08:00
                Site                          Demonstration hall
                Kiosk                                      K0001
                ------------------------------------------------
                CNY 50 x 1                             CNY 50.00
                CNY 20 x 2                             CNY 40.00
                Total                                  CNY 90.00
                ------------------------------------------------
                             Paid, will be credited
                Your payment is safely recorded and will be
                credited to this number by itself. Do not pay
                again.
                ------------------------------------------------
                To follow this payment, choose "Where is my
                money?" at any kiosk and type the slip number
                and the phone number.
                Hotline                                    10086

                             Please keep this slip

                """)
    }

    @Test(arguments: OrderState.allCases, Language.allCases)
    func `every state says what it means on 80 and on 58 mm`(state: OrderState, language: Language)
        throws
    {
        let texts = try ReceiptLayoutTests.texts(language)
        let document = try ReceiptLayoutTests.layout().document(for: receipt(language, state))

        for columns in [48, 42, 32] {
            let paper = document.plainText(columns: columns)
            #expect(paper.contains(texts["state.\(state.rawValue)", default: "?"]))
            #expect(!paper.contains("{") && !paper.contains("13800138000"))
            for row in document.rows(columns: columns) {
                guard case .text(let text, let style) = row else { continue }
                #expect(PrintDocument.columns(of: text) * style.scale <= columns, "\(text)")
            }
        }
    }

    @Test func `a note that nobody can find is named and not counted`() throws {
        let receipt = try receipt(.english, .queued, doubtful: .yuan(100))

        let paper = try ReceiptLayoutTests.layout().document(for: receipt).plainText()

        #expect(paper.contains("Notes being checked                   CNY 100.00"))
        #expect(paper.contains("Total                                  CNY 90.00"))
        #expect(paper.contains("are not in the total"))
    }

    @Test(arguments: Language.allCases)
    func `a reprint says that it is a copy, and which`(language: Language) throws {
        let original = try ReceiptLayoutTests.layout().document(for: receipt(language, .credited))
        let copy = try ReceiptLayoutTests.layout().document(
            for: receipt(language, .credited, copy: 2))

        #expect(copy.lines.first == .text("补打 COPY 2", .init(.center, bold: true, scale: 2)))
        #expect(Array(copy.lines.dropFirst()) == original.lines)
    }

    @Test(arguments: [
        (0, "1970-01-01 08:00"), (-28_800_001, "1969-12-31 23:59"),
        (951_753_599_999, "2000-02-28 23:59"), (951_840_000_000, "2000-03-01 00:00"),
        (1_767_225_600_000, "2026-01-01 08:00"), (4_107_456_000_000, "2100-02-28 08:00"),
        (4_107_542_400_000, "2100-03-01 08:00"), (-62_167_248_000_000, "0000-01-01 00:00"),
    ])
    func `time is told as in Shanghai, whatever the clock believes`(moment: Int64, text: String) {
        #expect(ReceiptLayout.time(WallTime(milliseconds: moment)) == text)
    }

    private func receipt(
        _ language: Language, _ state: OrderState, doubtful: Money = .zero, copy: Int = 0
    ) throws -> Receipt {
        let (kiosk, epoch) = (try #require(KioskID(rawValue: "K0001")), Epoch(bits: 4_289_659))
        return Receipt(
            order: OrderID(kiosk: kiosk, epoch: epoch, session: SessionID(42)),
            slip: SlipNumber(epoch: epoch, session: SessionID(42)),
            phone: try PhoneGrammar.mainlandMobile.read("13800138000"),
            notes: [.yuan(20), .yuan(50), .yuan(20)], amount: .yuan(90), state: state,
            doubtful: doubtful, kiosk: kiosk,
            site: language == .chinese ? "演示营业厅" : "Demonstration hall", language: language,
            at: WallTime(milliseconds: 1_767_225_600_000), copy: copy)
    }

    private static func layout() throws -> ReceiptLayout {
        let texts = try Language.allCases.map { ($0, try Self.texts($0)) }
        return ReceiptLayout(texts: Dictionary(uniqueKeysWithValues: texts), hotline: "10086")
    }

    private static func texts(_ language: Language) throws -> [String: String] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appending(path: "Sources/WebAssets/texts/receipt.\(language.rawValue).json")
        return try JSONDecoder().decode([String: String].self, from: Data(contentsOf: file))
    }

    private static func gaps(_ text: String) -> Set<Substring> {
        Set(text.matches(of: /\{[a-z]+\}/).map { text[$0.range] })
    }
}
