internal import CLibUSB
internal import Glibc
internal import KioskModel

/// The one thread that handles libusb's events, as the executor of every USB link: what libusb calls back and what the
/// links do never run at the same time, so none of it needs a lock.
///
/// It sleeps in libusb until a transfer ends, a device comes or goes, a timer is due or somebody has work for it. It ends
/// when the bus and all links are gone and every device is given back.
/// `@unchecked Sendable`: `loop` guards what other threads may touch.
final class USBThread: SerialExecutor, @unchecked Sendable {
    /// Only for work that runs on this thread.
    let loop: USBLoop

    init() throws(Fault) {
        loop = try USBLoop()
        var thread = pthread_t()
        let context = Unmanaged.passRetained(loop).toOpaque()
        let code = pthread_create(&thread, nil, USBThread.body, context)
        precondition(code == 0, "start the USB thread: expected a thread, got error \(code)")
        pthread_detach(thread)
    }

    deinit { loop.stop() }

    func enqueue(_ job: consuming ExecutorJob) {
        loop.put(.job(UnownedJob(job), self))
    }

    /// Runs a closure on the thread, soon.
    func perform(_ work: @escaping @Sendable () -> Void) { loop.put(.closure(work)) }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    private static let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? =
        { context in
            guard let context else { return nil }
            Unmanaged<USBLoop>.fromOpaque(context).takeRetainedValue().run()
            return nil
        }
}

/// What runs on the USB thread: letters from other threads, timers, and libusb's events.
///
/// `@unchecked Sendable`: `lock` guards the letters and `stopped`; all else is touched by the USB thread alone.
final class USBLoop: @unchecked Sendable {
    enum Letter {
        case job(UnownedJob, USBThread)
        case closure(@Sendable () -> Void)
    }

    private struct Timer {
        let number: Int
        let deadline: ContinuousClock.Instant
        let work: () -> Void
    }

    let context: OpaquePointer
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var letters: [Letter] = []
    private var stopped = false

    private var thread: pthread_t?
    private var timers: [Timer] = []
    private var lastTimer = 0
    /// Open devices; the context must outlive them.
    private var connections: [USBConnection] = []
    private var hotplug: libusb_hotplug_callback_handle = 0

    init() throws(Fault) {
        var context: OpaquePointer?
        let code = libusb_init(&context)
        guard code == 0, let context else { throw USBFaults.noUSB(code) }
        self.context = context
        pthread_mutex_init(lock, nil)
    }

    deinit {
        pthread_mutex_destroy(lock)
        lock.deallocate()
    }

    // From any thread

    func put(_ letter: Letter) {
        pthread_mutex_lock(lock)
        letters.append(letter)
        libusb_interrupt_event_handler(context)
        pthread_mutex_unlock(lock)
    }

    func stop() {
        pthread_mutex_lock(lock)
        stopped = true
        libusb_interrupt_event_handler(context)
        pthread_mutex_unlock(lock)
    }

    // On the USB thread

    /// - Precondition: this is the USB thread. What the links do has no locks, so a stray thread must not get far.
    func checkThread() {
        let isOurs = thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false
        precondition(isOurs, "USB: expected the USB thread, got another")
    }

    func after(_ wait: Duration, _ work: @escaping () -> Void) -> Int {
        checkThread()
        lastTimer += 1
        let deadline = ContinuousClock.now + wait
        timers.append(Timer(number: lastTimer, deadline: deadline, work: work))
        return lastTimer
    }

    func cancel(timer number: Int) {
        checkThread()
        timers.removeAll { $0.number == number }
    }

    func add(_ connection: USBConnection) {
        checkThread()
        connections.append(connection)
    }

    func remove(_ connection: USBConnection) { connections.removeAll { $0 === connection } }

    fileprivate func run() {
        thread = pthread_self()
        watchPlugs()
        while runLetters() || !connections.isEmpty {
            fireTimers()
            var wait = timeval()
            let left = waitMicroseconds()
            (wait.tv_sec, wait.tv_usec) = (left / 1_000_000, left % 1_000_000)
            libusb_handle_events_timeout_completed(context, &wait, nil)
        }
        libusb_hotplug_deregister_callback(context, hotplug)
        libusb_exit(context)
    }

    /// False when nobody is left who could write another letter.
    private func runLetters() -> Bool {
        pthread_mutex_lock(lock)
        let (taken, ended) = (letters, stopped)
        letters = []
        pthread_mutex_unlock(lock)
        for letter in taken {
            switch letter {
            case .closure(let work): work()
            case .job(let job, let thread):
                job.runSynchronously(on: thread.asUnownedSerialExecutor())
            }
        }
        return !taken.isEmpty || !ended
    }

    private func fireTimers() {
        guard !timers.isEmpty else { return }
        let now = ContinuousClock.now
        let due = timers.filter { $0.deadline <= now }.sorted { $0.deadline < $1.deadline }
        for timer in due where timers.contains(where: { $0.number == timer.number }) {
            cancel(timer: timer.number)
            timer.work()
        }
    }

    /// Until the next timer, rounded up so as not to wake a moment early.
    private func waitMicroseconds() -> Int {
        guard let next = timers.map(\.deadline).min() else { return 60_000_000 }
        let left = (next - ContinuousClock.now).components
        guard left.seconds >= 0, left.attoseconds >= 0 else { return 0 }
        return Int(min(left.seconds, 60)) * 1_000_000 + Int(left.attoseconds / 1_000_000_000_000)
            + 1
    }

    /// A device that leaves ends its connection at once, also one that had nothing to say.
    private func watchPlugs() {
        let events =
            LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED.rawValue
            | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT.rawValue
        libusb_hotplug_register_callback(
            context, Int32(events), 0, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY,
            LIBUSB_HOTPLUG_MATCH_ANY,
            { _, device, event, loop in
                guard let loop else { return 0 }
                Unmanaged<USBLoop>.fromOpaque(loop).takeUnretainedValue()
                    .plugChanged(device, event)
                return 0
            }, Unmanaged.passUnretained(self).toOpaque(), &hotplug)
    }

    /// Who waits for a device to be plugged in.
    private var arrivalWaits: [(number: Int, work: () -> Void)] = []

    /// Calls once, at the next arrival or when the time is over.
    func atArrival(within limit: Duration, _ work: @escaping () -> Void) {
        var number = 0
        number = after(limit) { [unowned self] in
            arrivalWaits.removeAll { $0.number == number }
            work()
        }
        arrivalWaits.append((number, work))
    }

    private func plugChanged(_ device: OpaquePointer?, _ event: libusb_hotplug_event) {
        if event == LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT {
            for connection in connections where connection.device == device { connection.pulled() }
            return
        }
        let waits = arrivalWaits
        arrivalWaits = []
        for wait in waits {
            cancel(timer: wait.number)
            wait.work()
        }
    }
}
