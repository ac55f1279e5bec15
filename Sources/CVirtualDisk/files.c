#include "disk.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

// What a disk writes whole or not at all, in bytes.
enum { SECTOR = 512 };

void *must(void *memory) {
    if (!memory) abort();
    return memory;
}

uint64_t dice_next(uint64_t *state) {
    uint64_t mixed = *state += 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return mixed ^ (mixed >> 31);
}

// --- bytes, nodes, shares ---

static void bytes_resize(struct bytes *bytes, int64_t size) {
    if (size > bytes->room) {
        int64_t room = bytes->room ? bytes->room : 4096;
        while (room < size) room *= 2;
        bytes->at = must(realloc(bytes->at, (size_t)room));
        bytes->room = room;
    }
    if (size > bytes->size) memset(bytes->at + bytes->size, 0, (size_t)(size - bytes->size));
    bytes->size = size;
}

static void bytes_write(struct bytes *bytes, int64_t offset, const uint8_t *data, int64_t size) {
    if (size <= 0) return;
    if (offset + size > bytes->size) bytes_resize(bytes, offset + size);
    memcpy(bytes->at + offset, data, (size_t)size);
}

void bytes_copy(struct bytes *to, const struct bytes *from) {
    bytes_resize(to, from->size);
    if (from->size) memcpy(to->at, from->at, (size_t)from->size);
}

static struct share *share_make(void) {
    struct share *share = must(calloc(1, sizeof *share));
    share->refs = 1;
    return share;
}

void share_release(struct share *share) {
    if (--share->refs) return;
    for (int i = 0; i < share->region_count; i++) free(share->regions[i]);
    free(share->regions);
    free(share);
}

struct node *node_make(void) {
    struct node *node = must(calloc(1, sizeof *node));
    node->share = share_make();
    return node;
}

static struct node *node_retain(struct node *node) {
    if (node) node->refs++;
    return node;
}

void node_release(struct node *node) {
    if (!node || --node->refs) return;
    share_release(node->share);
    free(node->now.at);
    free(node->kept.at);
    free(node);
}

void node_set(struct node **place, struct node *node) {
    node_retain(node);
    node_release(*place);
    *place = node;
}

struct name *name_find(struct disk *disk, const char *file) {
    for (struct name *name = disk->names; name; name = name->next)
        if (!strcmp(name->text, file)) return name;
    return NULL;
}

struct name *name_make(struct disk *disk, const char *file) {
    struct name *name = name_find(disk, file);
    if (name) return name;
    name = must(calloc(1, sizeof *name + strlen(file) + 1));
    strcpy(name->text, file);
    // At the end: the order in which names came is the same in every run.
    struct name **place = &disk->names;
    while (*place) place = &(*place)->next;
    return *place = name;
}

// --- what waits for a sync ---

static void operation_add(
    struct disk *disk, struct node *node, int64_t offset, const void *data, int64_t size
) {
    struct operation *operation = must(malloc(sizeof *operation + (size_t)size));
    *operation = (struct operation){NULL, node_retain(node), offset, size, NULL};
    if (data) {
        operation->data = (uint8_t *)(operation + 1);
        memcpy(operation->data, data, (size_t)size);
    }
    *disk->end = operation;
    disk->end = &operation->next;
}

static void operation_apply(struct operation *operation, int64_t size) {
    struct bytes *kept = &operation->node->kept;
    if (operation->data) bytes_write(kept, operation->offset, operation->data, size);
    else bytes_resize(kept, operation->offset);
}

void operation_free(struct operation *operation) {
    node_release(operation->node);
    free(operation);
}

// Takes a file's operations out of the list, in order; `keep`: they become durable.
static void settle(struct disk *disk, struct node *node, bool keep) {
    struct operation **place = &disk->first;
    while (*place) {
        struct operation *operation = *place;
        if (operation->node != node) {
            place = &operation->next;
            continue;
        }
        *place = operation->next;
        if (keep) operation_apply(operation, operation->size);
        operation_free(operation);
    }
    disk->end = place;
}

// --- the cut ---

// How many bytes of a write the disk took before the power went: whole sectors from its beginning.
static int64_t torn(const struct operation *operation, uint64_t *dice) {
    int64_t first = operation->offset / SECTOR;
    int64_t sectors = (operation->offset + operation->size - 1) / SECTOR - first + 1;
    int64_t taken = (int64_t)(dice_next(dice) % (uint64_t)(sectors + 1));
    if (taken == 0) return 0;
    return taken == sectors ? operation->size : (first + taken) * SECTOR - operation->offset;
}

static void take_unsynced(struct disk *disk, enum vdisk_mode mode, uint64_t *dice) {
    uint64_t count = 0, index = 0;
    for (struct operation *each = disk->first; each; each = each->next) count++;
    uint64_t last = dice_next(dice) % (count + 1);
    // Of eight writes so many reach the disk, on average: nearly none to nearly all.
    uint64_t taken = 1 + dice_next(dice) % 7;
    for (struct operation *next, *each = disk->first; each; each = next, index++) {
        next = each->next;
        if (mode == VDISK_ANY_SUBSET) {
            if (dice_next(dice) % 8 < taken) operation_apply(each, each->size);
        } else if (mode == VDISK_TORN_LAST_WRITE && index <= last) {
            bool whole = index < last || !each->data;
            operation_apply(each, whole ? each->size : torn(each, dice));
        }
        operation_free(each);
    }
    disk->first = NULL;
    disk->end = &disk->first;
}

static void take_names(struct disk *disk, bool durable) {
    struct name **place = &disk->names;
    while (*place) {
        struct name *name = *place;
        if (durable) node_set(&name->now, name->kept);
        else node_set(&name->kept, name->now);
        if (name->now) {
            bytes_copy(&name->now->now, &name->now->kept);
            place = &name->next;
        } else {
            *place = name->next;
            free(name);
        }
    }
}

void disk_cut(struct disk *disk, enum vdisk_mode mode, uint64_t seed) {
    if (mode != VDISK_KILLED) {
        uint64_t dice = seed;
        bool durable = mode == VDISK_UNSYNCED_LOST || dice_next(&dice) & 1;
        take_unsynced(disk, mode, &dice);
        take_names(disk, durable);
    }
    for (struct name *name = disk->names; name; name = name->next) {
        if (!name->now) continue;
        // Dead handles keep the old one: SQLite still reads the log's index through them until they are closed.
        share_release(name->now->share);
        name->now->share = share_make();
    }
    disk->generation++;
    disk->counts.cuts++;
    disk->counts.is_on = false;
    disk->cut_step = 0;
}

bool disk_steps(struct disk *disk) { return ++disk->counts.steps != disk->cut_step; }

int disk_cut_here(struct disk *disk) {
    disk_cut(disk, disk->cut_mode, disk->cut_seed);
    return SQLITE_IOERR;
}

// --- operations ---

struct node *disk_find(struct disk *disk, const char *file) {
    struct name *name = name_find(disk, file);
    return name ? name->now : NULL;
}

int disk_create(struct disk *disk, const char *file, struct node **node) {
    if (!disk->counts.is_on) return SQLITE_IOERR;
    if (!disk_steps(disk)) return disk_cut_here(disk);
    *node = node_make();
    node_set(&name_make(disk, file)->now, *node);
    return SQLITE_OK;
}

int disk_unlink(struct disk *disk, const char *file, bool durable) {
    if (!disk->counts.is_on) return SQLITE_IOERR;
    struct name *name = name_find(disk, file);
    if (!name || !name->now) return SQLITE_IOERR_DELETE_NOENT;
    if (!disk_steps(disk)) return disk_cut_here(disk);
    node_set(&name->now, NULL);
    if (durable) node_set(&name->kept, NULL);
    return SQLITE_OK;
}

static bool has_room(struct disk *disk, struct node *node, int64_t size) {
    if (!disk->limit || size <= node->now.size) return true;
    uint64_t used = (uint64_t)(size - node->now.size);
    for (struct name *name = disk->names; name; name = name->next)
        if (name->now) used += (uint64_t)name->now->now.size;
    return used <= disk->limit;
}

int disk_write(struct disk *disk, struct node *node, int64_t offset, const void *data, int64_t size) {
    if (!disk_steps(disk)) {
        // Only these two leave a part of what was under way.
        if (disk->cut_mode == VDISK_TORN_LAST_WRITE || disk->cut_mode == VDISK_ANY_SUBSET)
            operation_add(disk, node, offset, data, size);
        return disk_cut_here(disk);
    }
    if (disk->write_fault_in && --disk->write_fault_in == 0)
        return disk->write_failure == VDISK_NO_ROOM ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    if (!has_room(disk, node, offset + size)) return SQLITE_FULL;
    disk->counts.writes++;
    disk->counts.bytes += (uint64_t)size;
    bytes_write(&node->now, offset, data, size);
    operation_add(disk, node, offset, data, size);
    return SQLITE_OK;
}

int disk_truncate(struct disk *disk, struct node *node, int64_t size) {
    if (!disk_steps(disk)) return disk_cut_here(disk);
    bytes_resize(&node->now, size);
    operation_add(disk, node, size, NULL, 0);
    return SQLITE_OK;
}

int disk_sync(struct disk *disk, struct node *node) {
    if (!disk_steps(disk)) return disk_cut_here(disk);
    disk->counts.syncs++;
    if (disk->sync_fault_in && --disk->sync_fault_in == 0) {
        // The kernel marks the pages clean and forgets them. Source: fsync(2), EIO, and PostgreSQL wiki "Fsync Errors".
        settle(disk, node, false);
        return SQLITE_IOERR_FSYNC;
    }
    settle(disk, node, true);
    for (struct name *name = disk->names; name; name = name->next)
        if (name->now == node || name->kept == node) node_set(&name->kept, name->now);
    return SQLITE_OK;
}


void disk_keep_names(struct disk *disk) {
    for (struct name *name = disk->names; name; name = name->next) node_set(&name->kept, name->now);
}
