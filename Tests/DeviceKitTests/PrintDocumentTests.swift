import DeviceKit
import Testing

/// Text set in the columns of a receipt printer.
struct PrintDocumentTests {
    @Test func `values stand under each other whatever the script of their labels`() {
        let document = PrintDocument([
            .pair("Total", "CNY 70.00", .init()), .pair("合计", "70.00 元", .init()),
            .pair("合计 CNY", "￥70.00", .init(bold: true)),
        ])

        for columns in [16, 32, 42, 48] {
            for row in document.rows(columns: columns) {
                guard case .text(let text, _) = row else { continue }
                #expect(PrintDocument.columns(of: text) == columns)
            }
        }
    }

    @Test func `a pair that does not fit takes two lines`() {
        let document = PrintDocument([.pair("Phone number", "138****8000", .init(scale: 2))])

        #expect(
            document.rows(columns: 32) == [
                .text("Phone number", .init(.left, scale: 2)),
                .text("138****8000", .init(.right, scale: 2)),
            ])
    }

    @Test func `words stay whole and Chinese breaks anywhere but before a mark`() {
        let english = PrintDocument([.text("The money is on the account", .init())])
        let chinese = PrintDocument([.text("款项已安全记录到账，请勿重复付款。", .init())])

        #expect(english.plainText(columns: 16) == "The money is on\nthe account\n")
        #expect(chinese.plainText(columns: 18) == "款项已安全记录到\n账，请勿重复付款。\n")
    }

    @Test func `a word longer than the paper is cut, nothing is lost`() {
        let document = PrintDocument([
            .text("a 0123456789012345678901234567890123456789 b", .init())
        ])

        #expect(
            document.plainText(columns: 16)
                == "a\n0123456789012345\n6789012345678901\n23456789 b\n")
    }

    @Test func `an empty text is an empty line`() {
        #expect(PrintDocument([.text("", .init())]).plainText(columns: 16) == "\n")
    }

    @Test func `centre and right are kept in plain text`() {
        let document = PrintDocument([
            .text("凭条", .init(.center, scale: 2)), .text("end", .init(.right)), .rule, .feed(1),
        ])

        #expect(
            document.plainText(columns: 16)
                == "      凭条\n             end\n----------------\n\n")
    }
}
