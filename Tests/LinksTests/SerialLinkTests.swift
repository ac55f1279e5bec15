import DeviceKit
import Foundation
import KioskModel
import Testing

@testable import Links

/// The serial link on a real pseudo terminal; the test sits at the device's end.
@Suite(.timeLimit(.minutes(1)))
struct SerialLinkTests {
    @Test func `every byte passes both ways as it is`() async throws {
        let terminal = try Terminal()
        let link = SerialLink(path: terminal.path, settings: .init(baud: 9600))
        let every = (0...255).map { UInt8($0) }
        try await link.open()

        try await link.write(every)
        #expect(try terminal.receive(256) == every)

        try terminal.send(every)
        #expect(try await link.collect(256) == every)
    }

    @Test func `the line is set as the profile says`() async throws {
        let terminal = try Terminal()
        let link = SerialLink(
            path: terminal.path, settings: .init(baud: 19200, dtr: true, rts: true))

        try await link.open()

        #expect(terminal.speed == speed_t(B19200))
        await link.close()
    }

    @Test func `a read ends with the first bytes, long before its limit`() async throws {
        let terminal = try Terminal()
        let link = SerialLink(path: terminal.path, settings: .init(baud: 9600))
        try await link.open()

        async let arriving = link.read(within: .seconds(3600))
        try terminal.send([0x02, 0x03])

        #expect(try await arriving.first == 0x02)
    }

    @Test func `silence is an empty read`() async throws {
        let terminal = try Terminal()
        let link = SerialLink(path: terminal.path, settings: .init(baud: 9600))
        try await link.open()

        #expect(try await link.read(within: .milliseconds(20)) == [])
        #expect(try await link.read(within: .zero) == [])
    }

    @Test func `opening and discarding throw away what was waiting`() async throws {
        let terminal = try Terminal()
        let link = SerialLink(path: terminal.path, settings: .init(baud: 9600))
        try terminal.send([1, 2, 3])
        try await link.open()
        #expect(try await link.read(within: .milliseconds(20)) == [])

        try terminal.send([4, 5, 6])
        #expect(try await link.read(within: .seconds(60)).first == 4)
        try await link.discardInput()

        #expect(try await link.read(within: .milliseconds(20)) == [])
    }

    @Test func `a device that goes away is a communication fault with a remedy`() async throws {
        let terminal = try Terminal()
        let link = SerialLink(path: terminal.path, settings: .init(baud: 9600))
        try await link.open()

        let fault = await #expect(throws: Fault.self) {
            async let reading = link.read(within: .seconds(3600))
            terminal.hangUp()
            _ = try await reading
        }
        #expect(fault?.kind == .communication)
        #expect(fault?.remedy.contains("cable") == true)
        await #expect(throws: Fault.self) { try await link.write([1]) }
    }

    @Test func `the link works again after the device is back`() async throws {
        let (first, second) = (try Terminal(), try Terminal())
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { unlink(path) }
        symlink(first.path, path)
        let link = SerialLink(path: path, settings: .init(baud: 9600))
        try await link.open()
        first.hangUp()
        await #expect(throws: Fault.self) { try await link.read(within: .seconds(60)) }

        unlink(path)
        symlink(second.path, path)
        try await link.open()

        try second.send([7])
        #expect(try await link.read(within: .seconds(60)) == [7])
    }

    @Test func `a line has one owner`() async throws {
        let terminal = try Terminal()
        let (first, second) = (
            SerialLink(path: terminal.path, settings: .init(baud: 9600)),
            SerialLink(path: terminal.path, settings: .init(baud: 9600))
        )
        try await first.open()

        let fault = await #expect(throws: Fault.self) { try await second.open() }
        #expect(fault?.remedy.contains("fuser") == true)

        await first.close()
        try await second.open()
    }

    @Test func `a path without a device and one without a line say what to do`() async throws {
        let missing = SerialLink(path: "/dev/kiosk/no-such-line", settings: .init(baud: 9600))
        let wrong = SerialLink(path: "/dev/null", settings: .init(baud: 9600))

        let absent = await #expect(throws: Fault.self) { try await missing.open() }
        #expect(absent?.kind == .communication)
        #expect(absent?.remedy.contains("cable") == true)
        let unfit = await #expect(throws: Fault.self) { try await wrong.open() }
        #expect(unfit?.action == .configuration)
    }

    @Test func `a refused line names the udev rule and the device's group`() throws {
        // Root may open everything, so the refusal itself cannot be had here.
        let fault = SerialFaults(path: "/").opening(EACCES)

        #expect(fault.remedy.contains("udev/60-kiosk.rules"))
        #expect(fault.remedy.contains("group root"))
    }

    @Test func `a setting that no line has is refused`() async throws {
        let terminal = try Terminal()

        for settings in [
            SerialSettings(baud: 9601), .init(baud: 9600, dataBits: 9),
            .init(baud: 9600, stopBits: 3),
        ] {
            let link = SerialLink(path: terminal.path, settings: settings)
            let fault = await #expect(throws: Fault.self) { try await link.open() }
            #expect(fault?.action == .configuration)
        }
    }

    @Test func `a closed link says so`() async throws {
        let terminal = try Terminal()
        let link = SerialLink(path: terminal.path, settings: .init(baud: 9600))

        await #expect(throws: Fault.self) { try await link.read(within: .seconds(60)) }
        try await link.open()
        await link.close()

        await #expect(throws: Fault.self) { try await link.write([1]) }
    }

    @Test func `a cancelled read returns at once, and the next one reads`() async throws {
        let terminal = try Terminal()
        let link = SerialLink(path: terminal.path, settings: .init(baud: 9600))
        try await link.open()

        let cancelled = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            group.addTask { try await link.read(within: .seconds(3600)) }
            group.cancelAll()
            return try await group.next()
        }
        try terminal.send([9])

        #expect(cancelled == [])
        #expect(try await link.read(within: .seconds(60)) == [9])
    }

    @Test func `a device that takes no more bytes is a fault, not a wait for ever`() async throws {
        let terminal = try Terminal()
        let link = SerialLink(path: terminal.path, settings: .init(baud: 9600))
        try await link.open()

        let fault = await #expect(throws: Fault.self) {
            try await link.write([UInt8](repeating: 0, count: 1 << 20))
        }
        #expect(fault?.got == "it took none")
    }

    @Test func `no descriptor is left behind`() async throws {
        let terminal = try Terminal()

        for _ in 0..<50 {
            let link = SerialLink(path: terminal.path, settings: .init(baud: 9600))
            try await link.open()
            try await link.open()
            _ = try await link.read(within: .zero)
        }

        try await terminal.isLeftAlone()
    }
}

extension SerialLink {
    /// Reads until so many bytes are there.
    func collect(_ count: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count { bytes += try await read(within: .seconds(60)) }
        return bytes
    }
}

/// The device's end of a pseudo terminal.
final class Terminal: Sendable {
    struct Trouble: Error { let what: String }

    let path: String
    private let master: FileHandle

    init() throws {
        var (device, line): (Int32, Int32) = (-1, -1)
        var name = [CChar](repeating: 0, count: 128)
        guard openpty(&device, &line, &name, nil, nil) == 0 else {
            throw Trouble(what: "no pseudo terminal: error \(errno)")
        }
        close(line)
        path = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        master = FileHandle(fileDescriptor: device, closeOnDealloc: true)
    }

    var speed: speed_t {
        var line = termios()
        tcgetattr(master.fileDescriptor, &line)
        return cfgetospeed(&line)
    }

    func send(_ bytes: [UInt8]) throws { try master.write(contentsOf: bytes) }

    func receive(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard let more = try master.read(upToCount: count - bytes.count), !more.isEmpty else {
                throw Trouble(what: "the line ended after \(bytes.count) bytes")
            }
            bytes += more
        }
        return bytes
    }

    func hangUp() { try? master.close() }

    /// Waits until nobody holds the line's end any more; the suite's time limit is the deadline.
    func isLeftAlone() async throws {
        while try holders() > 0 { await Task.yield() }
    }

    private func holders() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count { entry in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(entry)"))
                == path
        }
    }
}
