#include "disk.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static const char root[] = "/virtual/";

// Guards the list of disks and every disk's `refs`; taken before a disk's own mutex, never after.
static pthread_mutex_t list_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct disk *disks;

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
        struct node *node = node_make();
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
    INSIDE(text, disk_cut(disk, mode, seed))
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
    else if (!disk_steps(disk)) code = (disk_cut_here(disk), EIO);
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
    else if (!disk_steps(disk)) code = (disk_cut_here(disk), EIO);
    else {
        disk->counts.syncs++;
        disk_keep_names(disk);
    }
    disk_leave(disk);
    return code;
}
