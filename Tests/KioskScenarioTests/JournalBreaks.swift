import Foundation
import Glibc
import KioskFlows
import KioskStore
import KioskWorld
import Testing
import VirtualWorld

struct JournalBreaks {
    @Test func `the note goes back, the process ends, and the next one goes on from the disk`()
        async
    {
        // A process of its own: the limit that makes the kernel refuse writes holds for all of it.
        await #expect(processExitsWith: .success) {
            signal(SIGXFSZ, SIG_IGN)
            // A real folder: the kernel's own limit must hold for it.
            try World.run(in: NSTemporaryDirectory()) { kiosk in
                try await kiosk.startTopUp()
                try await kiosk.insert(20)
                limitFiles(to: 4096)
                try await kiosk.offer([50])

                try await kiosk.until("the end of the process", step: .milliseconds(5)) {
                    if case .broken = kiosk.lastFault { true } else { false }
                }
                limitFiles(to: .max)
                try await kiosk.waitFor(returned: 50)
                try kiosk.kill()
                try kiosk.restart()

                try await kiosk.see(.insertNotes, yuan: 20, within: .seconds(60))
            }
        }
    }
}

/// Writes beyond that size fail with EFBIG.
private func limitFiles(to bytes: rlim_t) {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    limit.rlim_cur = min(bytes, limit.rlim_max)
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
}
