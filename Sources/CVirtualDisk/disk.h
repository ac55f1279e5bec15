// The disk below the SQLite face: files, their unsynced operations, their names, and what a cut does to them.
#ifndef DISK_H
#define DISK_H

#include "CVirtualDisk.h"

#include <pthread.h>
#include <stddef.h>

struct bytes {
    uint8_t *at;
    int64_t size, room;
};

struct handle;

// What the running machine knows of an open file and no disk keeps: locks and the index of the write-ahead log.
struct share {
    int refs;
    struct handle *handles;
    void **regions;
    int region_count;
};

// A file without its name.
struct node {
    int refs;
    struct bytes now, kept;
    struct share *share;
};

struct name {
    struct name *next;
    struct node *now, *kept;
    char text[];
};

// A write or truncation that no sync has made durable. `data` NULL: truncation to `offset`.
struct operation {
    struct operation *next;
    struct node *node;
    int64_t offset, size;
    uint8_t *data;
};

struct disk {
    struct disk *next;
    pthread_mutex_t mutex;
    int refs;
    // Rises at each cut: handles of an earlier power-up are dead.
    uint64_t generation;
    struct name *names;
    struct operation *first, **end;
    struct vdisk_counts counts;
    uint64_t limit, cut_step, cut_seed, write_fault_in, sync_fault_in;
    enum vdisk_mode cut_mode;
    enum vdisk_failure write_failure;
    char text[];
};

// The disk of a "/virtual/disk/file" path and its locked state; NULL if there is none. `file` gets the rest of the path.
struct disk *disk_enter(const char *path, const char **file);
void disk_leave(struct disk *disk);
// One more owner, and one less; the last frees it. Neither while inside.
void disk_retain(struct disk *disk);
void disk_release(struct disk *disk);
bool disk_owns(const char *path);

// All of these inside only. They answer SQLite result codes.
struct node *disk_find(struct disk *disk, const char *file);
int disk_create(struct disk *disk, const char *file, struct node **node);
int disk_unlink(struct disk *disk, const char *file, bool durable);
int disk_write(struct disk *disk, struct node *node, int64_t offset, const void *data, int64_t size);
int disk_truncate(struct disk *disk, struct node *node, int64_t size);
int disk_sync(struct disk *disk, struct node *node);
// Every name as it is now is durable.
void disk_keep_names(struct disk *disk);

void disk_cut(struct disk *disk, enum vdisk_mode mode, uint64_t seed);
// Counts an operation. False: the power goes at this one.
bool disk_steps(struct disk *disk);
int disk_cut_here(struct disk *disk);

// Born without owner.
struct node *node_make(void);
void node_release(struct node *node);
void node_set(struct node **place, struct node *node);
void share_release(struct share *share);
struct name *name_find(struct disk *disk, const char *file);
struct name *name_make(struct disk *disk, const char *file);
void bytes_copy(struct bytes *to, const struct bytes *from);
void operation_free(struct operation *operation);
// Ends the process without memory.
void *must(void *memory);

// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, figure 1.
uint64_t dice_next(uint64_t *state);

#endif
