internal import Glibc

/// A thread of one link's own, as the executor of its actor: calls that block (poll, libcups) hold up nobody else.
///
/// Two or three cooperative threads serve the whole program on a small machine; one that sits in `poll` would stop the
/// rest. The thread ends when its link is gone and its last job is done.
/// `@unchecked Sendable`: `mailbox` guards all that changes.
final class LinkThread: SerialExecutor, @unchecked Sendable {
    private let mailbox = Mailbox()

    init() {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(mailbox).toOpaque()
        let code = pthread_create(&thread, nil, LinkThread.body, context)
        precondition(code == 0, "start a link's thread: expected a thread, got error \(code)")
        pthread_detach(thread)
    }

    deinit { mailbox.close() }

    func enqueue(_ job: consuming ExecutorJob) {
        mailbox.put(Mailbox.Letter(job: UnownedJob(job), executor: self))
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    private static let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? =
        { context in
            guard let context else { return nil }
            let mailbox = Unmanaged<Mailbox>.fromOpaque(context).takeRetainedValue()
            while let letter = mailbox.take() {
                // The job may let go of the link; the executor it runs on must outlive it.
                withExtendedLifetime(letter.executor) {
                    letter.job.runSynchronously(on: letter.executor.asUnownedSerialExecutor())
                }
            }
            return nil
        }
}

/// What waits for a link's thread. `@unchecked Sendable`: every access holds `lock`.
private final class Mailbox: @unchecked Sendable {
    struct Letter {
        let job: UnownedJob
        let executor: LinkThread
    }

    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrival = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var letters: [Letter] = []
    private var closed = false

    init() {
        pthread_mutex_init(lock, nil)
        pthread_cond_init(arrival, nil)
    }

    deinit {
        pthread_cond_destroy(arrival)
        pthread_mutex_destroy(lock)
        arrival.deallocate()
        lock.deallocate()
    }

    func put(_ letter: Letter) {
        pthread_mutex_lock(lock)
        letters.append(letter)
        pthread_cond_signal(arrival)
        pthread_mutex_unlock(lock)
    }

    /// The next letter, as soon as there is one; nil when the executor is gone and nothing waits.
    func take() -> Letter? {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while letters.isEmpty && !closed { pthread_cond_wait(arrival, lock) }
        return letters.isEmpty ? nil : letters.removeFirst()
    }

    func close() {
        pthread_mutex_lock(lock)
        closed = true
        pthread_cond_signal(arrival)
        pthread_mutex_unlock(lock)
    }
}
