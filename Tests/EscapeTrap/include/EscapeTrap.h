/// Counts jobs that leave the simulation's scheduler for the global pool: unstructured tasks, detached tasks, real sleeps.
/// Source: Swift runtime, stdlib/public/Concurrency/GlobalExecutor.cpp, swift_task_enqueueGlobal_hook.
#ifndef ESCAPE_TRAP_H
#define ESCAPE_TRAP_H

/// From now on nothing runs on the global pool; what wants to is counted.
void escape_trap_set(void);

/// Jobs that wanted to leave.
int escape_trap_count(void);

#endif
