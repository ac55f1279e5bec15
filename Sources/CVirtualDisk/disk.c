#include "disk.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

// What a disk writes whole or not at all, in bytes.
enum { SECTOR = 512 };
static const char root[] = "/virtual/";

// Guards the list of disks and every disk's `refs`; taken before a disk's own mutex, never after.
static pthread_mutex_t list_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct disk *disks;

static void *must(void *memory) {
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

static void bytes_copy(struct bytes *to, const struct bytes *from) {
    bytes_resize(to, from->size);
    if (from->size) memcpy(to->at, from->at, (size_t)from->size);
}

struct share *share_make(void) {
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

static void node_set(struct node **place, struct node *node) {
    node_retain(node);
    node_release(*place);
    *place = node;
}

static struct name *name_find(struct disk *disk, const char *file) {
    for (struct name *name = disk->names; name; name = name->next)
        if (!strcmp(name->text, file)) return name;
    return NULL;
}

static struct name *name_make(struct disk *disk, const char *file) {
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

static void operation_free(struct operation *operation) {
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
    uint64_t last = mode == VDISK_TORN_LAST_WRITE && count ? dice_next(dice) % count : 0;
    for (struct operation *next, *each = disk->first; each; each = next, index++) {
        next = each->next;
        if (mode == VDISK_ANY_SUBSET) {
            if (dice_next(dice) & 1) operation_apply(each, each->size);
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

static void cut(struct disk *disk, enum vdisk_mode mode, uint64_t seed) {
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

// Counts an operation. False: the power goes at this one.
static bool steps(struct disk *disk) { return ++disk->counts.steps != disk->cut_step; }

static int cut_here(struct disk *disk) {
    cut(disk, disk->cut_mode, disk->cut_seed);
    return SQLITE_IOERR;
}

// --- operations ---

struct node *disk_find(struct disk *disk, const char *file) {
    struct name *name = name_find(disk, file);
    return name ? name->now : NULL;
}

int disk_create(struct disk *disk, const char *file, struct node **node) {
    if (!disk->counts.is_on) return SQLITE_IOERR;
    if (!steps(disk)) return cut_here(disk);
    *node = must(calloc(1, sizeof **node));
    (*node)->share = share_make();
    (*node)->refs = 1;
    name_make(disk, file)->now = *node;
    return SQLITE_OK;
}

int disk_unlink(struct disk *disk, const char *file, bool durable) {
    if (!disk->counts.is_on) return SQLITE_IOERR;
    struct name *name = name_find(disk, file);
    if (!name || !name->now) return SQLITE_IOERR_DELETE_NOENT;
    if (!steps(disk)) return cut_here(disk);
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
    if (!steps(disk)) {
        // Only these two leave a part of what was under way.
        if (disk->cut_mode == VDISK_TORN_LAST_WRITE || disk->cut_mode == VDISK_ANY_SUBSET)
            operation_add(disk, node, offset, data, size);
        return cut_here(disk);
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
    if (!steps(disk)) return cut_here(disk);
    bytes_resize(&node->now, size);
    operation_add(disk, node, size, NULL, 0);
    return SQLITE_OK;
}

int disk_sync(struct disk *disk, struct node *node) {
    if (!steps(disk)) return cut_here(disk);
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

// --- the list of disks ---

static struct disk *disk_named(const char *text, size_t length) {
    for (struct disk *disk = disks; disk; disk = disk->next)
        if (!strncmp(disk->text, text, length) && !disk->text[length]) return disk;
    return NULL;
}

static struct disk *enter(const char *text, size_t length) {
    pthread_mutex_lock(&list_mutex);
    struct disk *disk = disk_named(text, length);
    if (disk) {
        disk->refs++;
        pthread_mutex_lock(&disk->mutex);
    }
    pthread_mutex_unlock(&list_mutex);
    return disk;
}

bool disk_owns(const char *path) { return path && !strncmp(path, root, sizeof root - 1); }

struct disk *disk_enter(const char *path, const char **file) {
    if (!disk_owns(path)) return NULL;
    const char *text = path + sizeof root - 1, *slash = strchr(text, '/');
    if (!slash || !slash[1]) return NULL;
    *file = slash + 1;
    return enter(text, (size_t)(slash - text));
}

void disk_leave(struct disk *disk) {
    pthread_mutex_unlock(&disk->mutex);
    disk_release(disk);
}

void disk_retain(struct disk *disk) {
    pthread_mutex_lock(&list_mutex);
    disk->refs++;
    pthread_mutex_unlock(&list_mutex);
}

void disk_release(struct disk *disk) {
    pthread_mutex_lock(&list_mutex);
    bool last = --disk->refs == 0;
    pthread_mutex_unlock(&list_mutex);
    if (!last) return;
    for (struct operation *next, *each = disk->first; each; each = next) {
        next = each->next;
        operation_free(each);
    }
    for (struct name *next, *each = disk->names; each; each = next) {
        next = each->next;
        node_release(each->now);
        node_release(each->kept);
        free(each);
    }
    pthread_mutex_destroy(&disk->mutex);
    free(disk);
}

bool vdisk_make(const char *text) {
    pthread_mutex_lock(&list_mutex);
    bool is_new = !disk_named(text, strlen(text));
    if (is_new) {
        struct disk *disk = must(calloc(1, sizeof *disk + strlen(text) + 1));
        strcpy(disk->text, text);
        pthread_mutex_init(&disk->mutex, NULL);
        disk->refs = 1;
        disk->counts.is_on = true;
        disk->end = &disk->first;
        disk->next = disks;
        disks = disk;
    }
    pthread_mutex_unlock(&list_mutex);
    return is_new;
}

void vdisk_remove(const char *text) {
    pthread_mutex_lock(&list_mutex);
    struct disk *disk = disk_named(text, strlen(text));
    struct disk **place = &disks;
    while (*place && *place != disk) place = &(*place)->next;
    if (disk) *place = disk->next;
    pthread_mutex_unlock(&list_mutex);
    if (disk) disk_release(disk);
}

bool vdisk_copy(const char *from, const char *text) {
    if (!vdisk_make(text)) return false;
    struct disk *source = enter(from, strlen(from)), *disk = enter(text, strlen(text));
    for (struct name *each = source ? source->names : NULL; each; each = each->next) {
        if (!each->now) continue;
        struct node *node = must(calloc(1, sizeof *node));
        node->share = share_make();
        bytes_copy(&node->now, &each->now->now);
        bytes_copy(&node->kept, &each->now->now);
        struct name *name = name_make(disk, each->text);
        node_set(&name->now, node);
        node_set(&name->kept, node);
    }
    if (source) disk_leave(source);
    disk_leave(disk);
    return source != NULL;
}

// --- orders from outside ---

#define INSIDE(text, work)                           \
    struct disk *disk = enter(text, strlen(text));   \
    if (disk) {                                      \
        work;                                        \
        disk_leave(disk);                            \
    }

void vdisk_cut(const char *text, enum vdisk_mode mode, uint64_t seed) {
    INSIDE(text, cut(disk, mode, seed))
}

void vdisk_cut_at(const char *text, uint64_t step, enum vdisk_mode mode, uint64_t seed) {
    INSIDE(text, disk->cut_step = step; disk->cut_mode = mode; disk->cut_seed = seed)
}

void vdisk_power_on(const char *text) { INSIDE(text, disk->counts.is_on = true) }

void vdisk_fail_write(const char *text, uint64_t nth, enum vdisk_failure failure) {
    INSIDE(text, disk->write_fault_in = nth; disk->write_failure = failure)
}

void vdisk_fail_sync(const char *text, uint64_t nth) { INSIDE(text, disk->sync_fault_in = nth) }

void vdisk_limit(const char *text, uint64_t bytes) { INSIDE(text, disk->limit = bytes) }

struct vdisk_counts vdisk_counts(const char *text) {
    struct vdisk_counts counts = {0};
    INSIDE(text, counts = disk->counts)
    return counts;
}

// --- the folder ---

int64_t vdisk_size(const char *path) { return vdisk_read(path, false, NULL, 0); }

int64_t vdisk_read(const char *path, bool kept, uint8_t *buffer, int64_t room) {
    const char *file;
    struct disk *disk = disk_enter(path, &file);
    if (!disk) return -1;
    struct name *name = name_find(disk, file);
    struct node *node = name ? (kept ? name->kept : name->now) : NULL;
    int64_t size = -1;
    if (node) {
        struct bytes *bytes = kept ? &node->kept : &node->now;
        size = bytes->size;
        int64_t taken = size < room ? size : room;
        if (taken > 0) memcpy(buffer, bytes->at, (size_t)taken);
    }
    disk_leave(disk);
    return size;
}

int vdisk_create(const char *path) {
    const char *file;
    struct disk *disk = disk_enter(path, &file);
    if (!disk) return ENOENT;
    struct node *node;
    int code = EEXIST;
    if (!disk_find(disk, file)) code = disk_create(disk, file, &node) ? EIO : 0;
    disk_leave(disk);
    return code;
}

int vdisk_unlink(const char *path) {
    const char *file;
    struct disk *disk = disk_enter(path, &file);
    if (!disk) return ENOENT;
    int code = disk_unlink(disk, file, false);
    disk_leave(disk);
    return code == SQLITE_OK ? 0 : code == SQLITE_IOERR_DELETE_NOENT ? ENOENT : EIO;
}

int vdisk_rename(const char *from, const char *to) {
    const char *file, *other;
    struct disk *disk = disk_enter(from, &file);
    if (!disk) return ENOENT;
    int code = 0;
    struct node *node = disk_find(disk, file);
    if (!disk_owns(to) || strncmp(from, to, (size_t)(file - from))) code = EXDEV;
    else if (!disk->counts.is_on) code = EIO;
    else if (!node) code = ENOENT;
    else if (!steps(disk)) code = (cut_here(disk), EIO);
    else {
        other = to + (file - from);
        node_set(&name_make(disk, other)->now, node);
        node_set(&name_find(disk, file)->now, NULL);
    }
    disk_leave(disk);
    return code;
}

int vdisk_sync_names(const char *path) {
    const char *file;
    struct disk *disk = disk_enter(path, &file);
    if (!disk) return ENOENT;
    int code = 0;
    if (!disk->counts.is_on) code = EIO;
    else if (!steps(disk)) code = (cut_here(disk), EIO);
    else {
        disk->counts.syncs++;
        for (struct name *name = disk->names; name; name = name->next)
            node_set(&name->kept, name->now);
    }
    disk_leave(disk);
    return code;
}
