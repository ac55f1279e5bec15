// Disks in memory that lose what a disk loses in a power cut, under SQLite. VirtualDisk.swift is their face.
#ifndef CVIRTUALDISK_H
#define CVIRTUALDISK_H

#include <stdbool.h>
#include <stdint.h>

// What a cut leaves. The order is that of VirtualDisk.Cut.
enum vdisk_mode { VDISK_KILLED, VDISK_UNSYNCED_LOST, VDISK_TORN_LAST_WRITE, VDISK_ANY_SUBSET };

// What a failing write answers.
enum vdisk_failure { VDISK_NO_ROOM, VDISK_WRITE_ERROR };

struct vdisk_counts {
    uint64_t steps, writes, syncs, bytes, cuts;
    bool is_on;
};

// Makes "/virtual/<disk>/<file>" paths of these disks, for every connection opened later. 0, or SQLite's result code.
int vdisk_install(void);
// From here SQLite's own dice are seeded. Process-wide.
void vdisk_seed(uint64_t seed);

// False if there is a disk of that name.
bool vdisk_make(const char *name);
// The files vanish when the last handle is closed.
void vdisk_remove(const char *name);
// A new disk with the files of another, all durable. False if there is a disk of that name, or none to copy.
bool vdisk_copy(const char *from, const char *name);

void vdisk_cut(const char *name, enum vdisk_mode mode, uint64_t seed);
// Step numbers start at 1; 0: never.
void vdisk_cut_at(const char *name, uint64_t step, enum vdisk_mode mode, uint64_t seed);
void vdisk_power_on(const char *name);
// The nth from now, 1 is the next; 0: never.
void vdisk_fail_write(const char *name, uint64_t nth, enum vdisk_failure failure);
void vdisk_fail_sync(const char *name, uint64_t nth);
// 0: no limit.
void vdisk_limit(const char *name, uint64_t bytes);
struct vdisk_counts vdisk_counts(const char *name);

// The folder. Each answers 0 or an errno; vdisk_size -1 when there is no such file.
int64_t vdisk_size(const char *path);
int vdisk_create(const char *path);
int vdisk_unlink(const char *path);
int vdisk_rename(const char *from, const char *to);
int vdisk_sync_names(const char *path);
// Copies up to `room` bytes; `kept`: as a power cut now would leave them. -1 when there is no such file.
int64_t vdisk_read(const char *path, bool kept, uint8_t *buffer, int64_t room);

#endif
