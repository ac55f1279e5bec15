internal import CLibUSB

/// One libusb transfer and its buffer; may be submitted again when it is done. Touched by the USB thread alone.
final class USBTransfer {
    /// How a transfer ended: libusb's status, and how many bytes passed.
    typealias Done = (_ status: libusb_transfer_status, _ count: Int) -> Void

    private let raw: UnsafeMutablePointer<libusb_transfer>
    private let buffer: UnsafeMutableBufferPointer<UInt8>
    private var done: Done?

    private init(_ bytes: [UInt8]) {
        guard let raw = libusb_alloc_transfer(0) else {
            preconditionFailure("USB transfer: expected memory, got none")
        }
        self.raw = raw
        buffer = .allocate(capacity: max(bytes.count, 1))
        _ = buffer.initialize(from: bytes)
    }

    deinit {
        libusb_free_transfer(raw)
        buffer.deallocate()
    }

    /// - Parameter bytes: what is sent, or as many bytes as are received at most.
    static func bulk(
        _ handle: OpaquePointer, endpoint: UInt8, bytes: [UInt8], limitMs: UInt32
    ) -> USBTransfer {
        let transfer = USBTransfer(bytes)
        libusb_fill_bulk_transfer(
            transfer.raw, handle, endpoint, transfer.buffer.baseAddress, Int32(bytes.count),
            USBTransfer.ended, nil, limitMs)
        return transfer
    }

    static func control(_ handle: OpaquePointer, _ control: USBControl, limitMs: UInt32)
        -> USBTransfer
    {
        let transfer = USBTransfer(control.bytes)
        libusb_fill_control_transfer(
            transfer.raw, handle, transfer.buffer.baseAddress, USBTransfer.ended, nil, limitMs)
        return transfer
    }

    /// Lives until `done` is called, exactly once; not at all if the answer is an error.
    func submit(_ done: @escaping Done) -> libusb_error? {
        self.done = done
        let itself = Unmanaged.passRetained(self)
        raw.pointee.user_data = itself.toOpaque()
        let code = libusb_submit_transfer(raw)
        guard code != 0 else { return nil }
        self.done = nil
        itself.release()
        return libusb_error(rawValue: code)
    }

    /// `done` is called soon, perhaps with what had passed before.
    func cancel() { libusb_cancel_transfer(raw) }

    /// What was received.
    func bytes(_ count: Int) -> [UInt8] { Array(buffer.prefix(min(count, buffer.count))) }

    private static let ended: @convention(c) (UnsafeMutablePointer<libusb_transfer>?) -> Void = {
        raw in
        guard let raw, let itself = raw.pointee.user_data else { return }
        let transfer = Unmanaged<USBTransfer>.fromOpaque(itself).takeRetainedValue()
        let done = transfer.done
        transfer.done = nil
        done?(raw.pointee.status, Int(raw.pointee.actual_length))
    }
}
