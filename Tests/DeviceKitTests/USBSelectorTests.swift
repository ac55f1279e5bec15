import DeviceKit
import Testing

struct USBSelectorTests {
    @Test(arguments: ["1-1", "1-2.3", "255-255", "2-1.2.3.4.5.6"])
    func `a port is bus and chain of ports`(text: String) {
        #expect(USBPort(text)?.description == text)
    }

    @Test(arguments: [
        "", "1", "1-", "-1", "1-0", "0-1", "1-2.", "1-2..3", "256-1", "1-+2", "1-02", "1-2-3",
        "1-1.2.3.4.5.6.7", "a-b", " 1-2",
    ])
    func `what is no port is refused`(text: String) {
        #expect(USBPort(text) == nil)
    }

    @Test func `a selector says what it waits for`() throws {
        let match = BillAcceptorProfile.USBMatch(vendor: 0x0403, product: 0x0001)
        let port = try #require(USBPort("1-2"))

        #expect("\(USBSelector.auto)" == "auto")
        #expect("\(USBSelector(match: match))" == "0403:0001")
        #expect("\(USBSelector(match: match, port: port))" == "0403:0001 at port 1-2")
    }
}
