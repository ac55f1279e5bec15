#include "EscapeTrap.h"

// The hooks of the Swift runtime, with its calling convention.
#define SWIFT_CALL __attribute__((swiftcall))
typedef SWIFT_CALL void (*enqueue)(void *job);
typedef SWIFT_CALL void (*enqueue_later)(unsigned long long delay, void *job);
extern SWIFT_CALL void (*swift_task_enqueueGlobal_hook)(void *job, enqueue original);
extern SWIFT_CALL void (*swift_task_enqueueGlobalWithDelay_hook)(
    unsigned long long delay, void *job, enqueue_later original);

static int escaped;

static SWIFT_CALL void trap(void *job, enqueue original) {
    (void)job;
    (void)original;
    __atomic_fetch_add(&escaped, 1, __ATOMIC_SEQ_CST);
}

static SWIFT_CALL void trap_later(unsigned long long delay, void *job, enqueue_later original) {
    (void)delay;
    trap(job, (enqueue)original);
}

void escape_trap_set(void) {
    swift_task_enqueueGlobal_hook = trap;
    swift_task_enqueueGlobalWithDelay_hook = trap_later;
}

int escape_trap_count(void) { return __atomic_load_n(&escaped, __ATOMIC_SEQ_CST); }
