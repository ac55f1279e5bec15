internal import Hummingbird
internal import WebAssets

/// The page's files, embedded in the program.
enum PageFiles {
    /// - Precondition: a file of that name is embedded.
    static func serve(_ name: String, fill: [String: String] = [:]) -> RouteTable.Answer {
        guard let asset = webAssetNamed(name) else {
            preconditionFailure("\(name) is not embedded")
        }
        let bytes = UnsafeRawBufferPointer(
            start: asset.pointee.bytes, count: Int(asset.pointee.length))
        let body =
            fill.isEmpty
            ? ByteBuffer(bytes: bytes)
            : ByteBuffer(string: filled(String(decoding: bytes, as: UTF8.self), with: fill))
        let type = String(cString: asset.pointee.mediaType)
        return { _ in
            Response(
                status: .ok, headers: [.contentType: type], body: ResponseBody(byteBuffer: body))
        }
    }

    /// Puts the operator's words, which are text and never markup, into their {gaps}.
    private static func filled(_ page: String, with gaps: [String: String]) -> String {
        gaps.keys.sorted().reduce(page) { page, gap in
            page.replacing("{\(gap)}", with: escaped(gaps[gap, default: ""]))
        }
    }

    /// Source: HTML Living Standard 13.1.2.3 (attribute values in double quotes).
    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("\"", with: "&quot;")
            .replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
