// The face that SQLite sees. Source: sqlite.org "The SQLite OS Interface or VFS", and sqlite3.h, sqlite3_io_methods.
#include "disk.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct handle {
    sqlite3_file base;
    struct disk *disk;
    struct node *node;
    struct share *share;
    struct handle *next;
    uint64_t generation;
    int lock;
    unsigned shared_slots, exclusive_slots;
    char *doomed;
    // A new journal's or log's first sync makes the names beside it durable too.
    // Source: SQLite os_unix.c, UNIXFILE_DIRSYNC.
    bool syncs_names;
};

static sqlite3_vfs *system_vfs;
static sqlite3_vfs face;
static _Atomic bool is_seeded;
static _Atomic uint64_t dice;
// 2026-01-01T00:00:00Z as a Julian day, in milliseconds: where the scheduler's time begins.
static const sqlite3_int64 julian_ms = 210866760000000 + 1767225600000;
// A virtual file was busy last on this thread: the wait that follows takes no time.
static _Thread_local bool is_waiting_for_nothing;

// Handles of a machine that lost its power answer nothing any more.
static bool enter(struct handle *handle) {
    pthread_mutex_lock(&handle->disk->mutex);
    if (handle->generation == handle->disk->generation) return true;
    pthread_mutex_unlock(&handle->disk->mutex);
    return false;
}

static int leave(struct handle *handle, int code) {
    pthread_mutex_unlock(&handle->disk->mutex);
    if (code == SQLITE_BUSY) is_waiting_for_nothing = true;
    return code;
}

static int file_close(sqlite3_file *file) {
    struct handle *handle = (struct handle *)file;
    struct disk *disk = handle->disk;
    pthread_mutex_lock(&disk->mutex);
    struct handle **place = &handle->share->handles;
    while (*place && *place != handle) place = &(*place)->next;
    if (*place) *place = handle->next;
    if (handle->doomed && handle->generation == disk->generation)
        disk_unlink(disk, handle->doomed, false);
    share_release(handle->share);
    node_release(handle->node);
    pthread_mutex_unlock(&disk->mutex);
    free(handle->doomed);
    disk_release(disk);
    return SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *buffer, int size, sqlite3_int64 offset) {
    struct handle *handle = (struct handle *)file;
    if (!enter(handle)) return SQLITE_IOERR_READ;
    const struct bytes *bytes = &handle->node->now;
    int64_t there = bytes->size - offset;
    if (there > size) there = size;
    if (there > 0) memcpy(buffer, bytes->at + offset, (size_t)there);
    else there = 0;
    memset((uint8_t *)buffer + there, 0, (size_t)(size - there));
    return leave(handle, there == size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ);
}

static int file_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset) {
    struct handle *handle = (struct handle *)file;
    if (!enter(handle)) return SQLITE_IOERR_WRITE;
    return leave(handle, disk_write(handle->disk, handle->node, offset, data, size));
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
    struct handle *handle = (struct handle *)file;
    if (!enter(handle)) return SQLITE_IOERR_TRUNCATE;
    return leave(handle, disk_truncate(handle->disk, handle->node, size));
}

static int file_sync(sqlite3_file *file, int flags) {
    (void)flags;
    struct handle *handle = (struct handle *)file;
    if (!enter(handle)) return SQLITE_IOERR_FSYNC;
    int code = disk_sync(handle->disk, handle->node);
    if (code == SQLITE_OK && handle->syncs_names) {
        handle->syncs_names = false;
        disk_keep_names(handle->disk);
    }
    return leave(handle, code);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size) {
    struct handle *handle = (struct handle *)file;
    if (!enter(handle)) return SQLITE_IOERR_FSTAT;
    *size = handle->node->now.size;
    return leave(handle, SQLITE_OK);
}

// --- locks between connections ---

static int highest_other_lock(struct handle *handle) {
    int highest = SQLITE_LOCK_NONE;
    for (struct handle *each = handle->share->handles; each; each = each->next)
        if (each != handle && each->lock > highest) highest = each->lock;
    return highest;
}

static int file_lock(sqlite3_file *file, int level) {
    struct handle *handle = (struct handle *)file;
    if (!enter(handle)) return SQLITE_IOERR_LOCK;
    if (handle->lock >= level) return leave(handle, SQLITE_OK);
    int other = highest_other_lock(handle);
    if (level == SQLITE_LOCK_SHARED) {
        if (other >= SQLITE_LOCK_PENDING) return leave(handle, SQLITE_BUSY);
    } else if (other >= SQLITE_LOCK_RESERVED) {
        return leave(handle, SQLITE_BUSY);
    } else if (level == SQLITE_LOCK_EXCLUSIVE && other >= SQLITE_LOCK_SHARED) {
        // Keeps new readers out until the present ones have gone.
        handle->lock = SQLITE_LOCK_PENDING;
        return leave(handle, SQLITE_BUSY);
    }
    handle->lock = level;
    return leave(handle, SQLITE_OK);
}

static int file_unlock(sqlite3_file *file, int level) {
    struct handle *handle = (struct handle *)file;
    pthread_mutex_lock(&handle->disk->mutex);
    if (handle->lock > level) handle->lock = level;
    return leave(handle, SQLITE_OK);
}

static int file_check_reserved(sqlite3_file *file, int *answer) {
    struct handle *handle = (struct handle *)file;
    if (!enter(handle)) return SQLITE_IOERR_CHECKRESERVEDLOCK;
    *answer = handle->lock >= SQLITE_LOCK_RESERVED
        || highest_other_lock(handle) >= SQLITE_LOCK_RESERVED;
    return leave(handle, SQLITE_OK);
}

// --- the index of the write-ahead log ---

static int shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **at) {
    struct handle *handle = (struct handle *)file;
    *at = NULL;
    if (!enter(handle)) return SQLITE_IOERR_SHMMAP;
    struct share *share = handle->share;
    if (region >= share->region_count) {
        if (!extend) return leave(handle, SQLITE_OK);
        void **regions = realloc(share->regions, sizeof(void *) * (size_t)(region + 1));
        if (!regions) return leave(handle, SQLITE_NOMEM);
        share->regions = regions;
        while (share->region_count <= region) {
            void *fresh = calloc(1, (size_t)size);
            if (!fresh) return leave(handle, SQLITE_NOMEM);
            regions[share->region_count++] = fresh;
        }
    }
    *at = share->regions[region];
    return leave(handle, SQLITE_OK);
}

static int shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    struct handle *handle = (struct handle *)file;
    unsigned slots = ((1u << count) - 1) << offset;
    bool unlocks = flags & SQLITE_SHM_UNLOCK, is_alone = flags & SQLITE_SHM_EXCLUSIVE;
    if (!enter(handle)) return unlocks ? SQLITE_OK : SQLITE_IOERR_SHMLOCK;
    if (unlocks) {
        handle->shared_slots &= ~slots;
        handle->exclusive_slots &= ~slots;
        return leave(handle, SQLITE_OK);
    }
    for (struct handle *each = handle->share->handles; each; each = each->next) {
        unsigned taken = each->exclusive_slots | (is_alone ? each->shared_slots : 0);
        if (each != handle && taken & slots) return leave(handle, SQLITE_BUSY);
    }
    if (is_alone) handle->exclusive_slots |= slots;
    else handle->shared_slots |= slots;
    return leave(handle, SQLITE_OK);
}

static void shm_barrier(sqlite3_file *file) {
    (void)file;
    atomic_thread_fence(memory_order_seq_cst);
}

static int shm_unmap(sqlite3_file *file, int deletes) {
    struct handle *handle = (struct handle *)file;
    pthread_mutex_lock(&handle->disk->mutex);
    handle->shared_slots = handle->exclusive_slots = 0;
    struct share *share = handle->share;
    // SQLite deletes only as the last user, under the exclusive lock.
    if (deletes && share->handles == handle && !handle->next) {
        for (int i = 0; i < share->region_count; i++) free(share->regions[i]);
        share->region_count = 0;
    }
    return leave(handle, SQLITE_OK);
}

static int file_control(sqlite3_file *file, int operation, void *argument) {
    (void)file, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

// As of Linux's own: what surrounds a write is never damaged by it.
enum { SECTOR_BYTES = 4096 };
static int sector_size(sqlite3_file *file) { return (void)file, SECTOR_BYTES; }
static int characteristics(sqlite3_file *file) {
    return (void)file, SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

// --- the file system ---

static int open_inside(
    struct disk *disk, const char *file, struct handle *handle, int flags
) {
    struct node *node = disk_find(disk, file);
    if (!disk->counts.is_on) return SQLITE_IOERR;
    if (node && flags & SQLITE_OPEN_EXCLUSIVE && flags & SQLITE_OPEN_CREATE) return SQLITE_CANTOPEN;
    bool is_new_log = false;
    if (!node) {
        if (!(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
        is_new_log =
            flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL);
        int code = disk_create(disk, file, &node);
        if (code) return code;
    }
    node->refs++;
    node->share->refs++;
    *handle = (struct handle){
        .base.pMethods = &methods,
        .disk = disk,
        .node = node,
        .share = node->share,
        .next = node->share->handles,
        .generation = disk->generation,
        .doomed = flags & SQLITE_OPEN_DELETEONCLOSE ? strdup(file) : NULL,
        .syncs_names = is_new_log,
    };
    node->share->handles = handle;
    return SQLITE_OK;
}

static int vfs_open(
    sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *file, int flags, int *flags_out
) {
    (void)vfs;
    if (!disk_owns(path)) return system_vfs->xOpen(system_vfs, path, file, flags, flags_out);
    file->pMethods = NULL;
    const char *rest;
    struct disk *disk = disk_enter(path, &rest);
    if (!disk) return SQLITE_CANTOPEN;
    int code = open_inside(disk, rest, (struct handle *)file, flags);
    if (code == SQLITE_OK) {
        if (flags_out) *flags_out = flags;
        pthread_mutex_unlock(&disk->mutex);
    } else {
        disk_leave(disk);
    }
    return code;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int syncs) {
    (void)vfs;
    if (!disk_owns(path)) return system_vfs->xDelete(system_vfs, path, syncs);
    const char *rest;
    struct disk *disk = disk_enter(path, &rest);
    if (!disk) return SQLITE_IOERR_DELETE_NOENT;
    int code = disk_unlink(disk, rest, syncs);
    disk_leave(disk);
    return code;
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *answer) {
    (void)vfs;
    if (!disk_owns(path)) return system_vfs->xAccess(system_vfs, path, flags, answer);
    int64_t size = vdisk_size(path);
    // An empty file does not exist, as with SQLite's own for Unix: an empty journal is no hot journal.
    *answer = flags == SQLITE_ACCESS_EXISTS ? size > 0 : size >= 0;
    return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int room, char *full) {
    (void)vfs;
    if (!disk_owns(path)) return system_vfs->xFullPathname(system_vfs, path, room, full);
    if (strlen(path) >= (size_t)room) return SQLITE_CANTOPEN;
    strcpy(full, path);
    return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *vfs, int size, char *bytes) {
    (void)vfs;
    if (!is_seeded) return system_vfs->xRandomness(system_vfs, size, bytes);
    uint64_t state = dice;
    for (int i = 0; i < size; i++) bytes[i] = (char)(dice_next(&state) >> 56);
    dice = state;
    return size;
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds) {
    (void)vfs;
    if (!is_waiting_for_nothing) return system_vfs->xSleep(system_vfs, microseconds);
    is_waiting_for_nothing = false;
    return microseconds;
}

static int vfs_time(sqlite3_vfs *vfs, double *day) {
    (void)vfs;
    *day = (double)julian_ms / 86400000.0;
    return SQLITE_OK;
}

static int vfs_time_ms(sqlite3_vfs *vfs, sqlite3_int64 *ms) {
    (void)vfs;
    *ms = julian_ms;
    return SQLITE_OK;
}

int vdisk_install(void) {
    system_vfs = sqlite3_vfs_find(NULL);
    if (!system_vfs) return SQLITE_ERROR;
    face = *system_vfs;
    face.pNext = NULL;
    face.zName = "virtual-disk";
    if (face.szOsFile < (int)sizeof(struct handle)) face.szOsFile = sizeof(struct handle);
    face.xOpen = vfs_open;
    face.xDelete = vfs_delete;
    face.xAccess = vfs_access;
    face.xFullPathname = vfs_full_path;
    face.xRandomness = vfs_randomness;
    face.xSleep = vfs_sleep;
    face.xCurrentTime = vfs_time;
    face.xCurrentTimeInt64 = vfs_time_ms;
    return sqlite3_vfs_register(&face, 1);
}

void vdisk_seed(uint64_t seed) {
    dice = seed;
    is_seeded = true;
    // Forgets what SQLite drew before; the next draw asks the face above.
    sqlite3_randomness(0, NULL);
}
