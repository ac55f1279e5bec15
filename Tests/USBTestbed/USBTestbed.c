#include "CUSBTestbed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <umockdev.h>

// Low bytes of the usbfs requests. Source: Linux, include/uapi/linux/usbdevice_fs.h.
enum {
    SUBMITURB = 0x0a,
    DISCARDURB = 0x0b,
    REAPURB = 0x0c,
    REAPURBNDELAY = 0x0d,
    GET_CAPABILITIES = 0x1a,
};

// Zero-copy excepted, what a kernel of today can do; 0x10 lets finished transfers be fetched after an unplug.
// Source: the same, USBDEVFS_CAP_*.
static const uint32_t capabilities = 0x1f;

// Offsets in struct usbdevfs_urb on 64-bit machines. Source: the same.
enum { URB_SIZE = 56, URB_ENDPOINT = 1, URB_STATUS = 4, URB_BUFFER = 16, URB_LENGTH = 24, URB_ACTUAL = 28 };
enum { TYPE_CONTROL = 2 };

// More pending transfers than any host of ours submits.
enum { TRANSFERS_MAX = 64, BUFFER_MAX = 1 << 16 };

typedef struct {
    uint64_t number;  // 0: free
    UMockdevIoctlData *urb;
    UMockdevIoctlData *buffer;
    bool control;
} pending_transfer;

// Nodes go round; the host has long closed a node when it comes again.
enum { NODES_MAX = USB_TESTBED_NODES };

// A node keeps its handler for good: umockdev forgets a request that is on its way when a handler is taken off, and the
// host would wait for ever.
typedef struct {
    char *path;
    UMockdevIoctlBase *base;
    usb_testbed_device *device;
} device_node;

struct usb_testbed {
    UMockdevTestbed *umockdev;
    device_node nodes[NODES_MAX];
};

struct usb_testbed_device {
    usb_far_end far_end;
    pending_transfer pending[TRANSFERS_MAX];
    uint64_t last;
    char *syspath;
    char *node;
};

static void forget(pending_transfer *transfer) {
    g_clear_object(&transfer->urb);
    g_clear_object(&transfer->buffer);
    transfer->number = 0;
}

static void complete(UMockdevIoctlClient *client, int error) {
    umockdev_ioctl_client_complete(client, error ? -1 : 0, error);
}

static int submit(usb_testbed_device *device, UMockdevIoctlData *arg) {
    if (device->far_end.gone(device->far_end.context)) return ENODEV;
    pending_transfer *place = NULL;
    for (int i = 0; i < TRANSFERS_MAX && !place; i++)
        if (device->pending[i].number == 0) place = &device->pending[i];
    if (!place) return ENOMEM;
    UMockdevIoctlData *urb = umockdev_ioctl_data_resolve(arg, 0, URB_SIZE, NULL);
    if (!urb) return EFAULT;
    int32_t length;
    memcpy(&length, urb->data + URB_LENGTH, 4);
    UMockdevIoctlData *buffer = NULL;
    if (length < 0 || length > BUFFER_MAX) { g_object_unref(urb); return EINVAL; }
    if (length > 0) {
        buffer = umockdev_ioctl_data_resolve(urb, URB_BUFFER, length, NULL);
        if (!buffer) { g_object_unref(urb); return EFAULT; }
    }
    bool control = urb->data[0] == TYPE_CONTROL;
    *place = (pending_transfer){.number = ++device->last, .urb = urb, .buffer = buffer, .control = control};
    device->far_end.submit(device->far_end.context, place->number, urb->data[URB_ENDPOINT], control,
                           buffer ? buffer->data : NULL, length);
    return 0;
}

static int reap(usb_testbed_device *device, UMockdevIoctlData *arg) {
    uint64_t number = 0;
    int32_t status = 0;
    size_t actual = 0;
    static __thread uint8_t bytes[BUFFER_MAX];
    if (!device->far_end.reap(device->far_end.context, &number, &status, bytes, sizeof bytes, &actual))
        return device->far_end.gone(device->far_end.context) ? ENODEV : EAGAIN;
    for (int i = 0; i < TRANSFERS_MAX; i++) {
        pending_transfer *transfer = &device->pending[i];
        if (transfer->number != number) continue;
        // The data stage of a control transfer lies behind its setup packet.
        size_t start = transfer->control ? 8 : 0;
        bool in = transfer->control ? transfer->buffer->data[0] & 0x80 : transfer->urb->data[URB_ENDPOINT] & 0x80;
        if (in && actual > 0) umockdev_ioctl_data_update(transfer->buffer, start, bytes, actual);
        int32_t written = actual;
        umockdev_ioctl_data_update(transfer->urb, URB_STATUS, (guint8 *)&status, 4);
        umockdev_ioctl_data_update(transfer->urb, URB_ACTUAL, (guint8 *)&written, 4);
        umockdev_ioctl_data_set_ptr(arg, 0, transfer->urb);
        forget(transfer);
        return 0;
    }
    return EAGAIN;
}

static int discard(usb_testbed_device *device, UMockdevIoctlData *arg) {
    unsigned long address;
    memcpy(&address, arg->data, sizeof address);
    for (int i = 0; i < TRANSFERS_MAX; i++) {
        pending_transfer *transfer = &device->pending[i];
        if (transfer->number != 0 && transfer->urb->client_addr == address)
            return device->far_end.discard(device->far_end.context, transfer->number) ? 0 : EINVAL;
    }
    return EINVAL;
}

static int ask(usb_testbed_device *device, uint32_t request, UMockdevIoctlData *arg) {
    uint32_t value = 0;
    size_t size = (request >> 16) & 0x3fff;
    UMockdevIoctlData *given = size ? umockdev_ioctl_data_resolve(arg, 0, size, NULL) : NULL;
    if (given && size >= 4) memcpy(&value, given->data, 4);
    g_clear_object(&given);
    return device->far_end.ask(device->far_end.context, request & 0xff, value);
}

static gboolean handle(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer context) {
    (void)base;
    usb_testbed_device *device = __atomic_load_n(&((device_node *)context)->device, __ATOMIC_SEQ_CST);
    uint32_t request = umockdev_ioctl_client_get_request(client) & 0xffffffff;
    UMockdevIoctlData *arg = umockdev_ioctl_client_get_arg(client);
    if ((request & 0xff00) != 'U' << 8) return FALSE;
    switch (request & 0xff) {
    case SUBMITURB: complete(client, submit(device, arg)); break;
    case DISCARDURB: complete(client, discard(device, arg)); break;
    case REAPURB:
    case REAPURBNDELAY: {
        UMockdevIoctlData *place = umockdev_ioctl_data_resolve(arg, 0, sizeof(void *), NULL);
        complete(client, place ? reap(device, place) : EFAULT);
        g_clear_object(&place);
        break;
    }
    case GET_CAPABILITIES: {
        UMockdevIoctlData *place = umockdev_ioctl_data_resolve(arg, 0, 4, NULL);
        if (place) umockdev_ioctl_data_update(place, 0, (guint8 *)&capabilities, 4);
        complete(client, place ? 0 : EFAULT);
        g_clear_object(&place);
        break;
    }
    default: complete(client, ask(device, request, arg)); break;
    }
    return TRUE;
}

bool usb_testbed_available(void) {
    const char *preloaded = getenv("LD_PRELOAD");
    return preloaded && strstr(preloaded, "libumockdev-preload");
}

usb_testbed *usb_testbed_new(void) {
    if (!usb_testbed_available()) return NULL;
    usb_testbed *bed = calloc(1, sizeof *bed);
    bed->umockdev = umockdev_testbed_new();
    // All at once, so that open files can be counted: each has a socket of umockdev's.
    for (int i = 0; i < NODES_MAX; i++) {
        device_node *node = &bed->nodes[i];
        node->path = g_strdup_printf("/dev/bus/usb/001/%03d", i + 2);
        node->base = umockdev_ioctl_base_new();
        g_signal_connect(node->base, "handle-ioctl", G_CALLBACK(handle), node);
        if (!umockdev_testbed_attach_ioctl(bed->umockdev, node->path, node->base, NULL)) return NULL;
    }
    return bed;
}

bool usb_testbed_add(usb_testbed *bed, const char *description) {
    return umockdev_testbed_add_from_string(bed->umockdev, description, NULL);
}

static device_node *node_at(usb_testbed *bed, const char *path) {
    for (int i = 0; i < NODES_MAX; i++)
        if (strcmp(bed->nodes[i].path, path) == 0) return &bed->nodes[i];
    return NULL;
}

usb_testbed_device *usb_testbed_plug(usb_testbed *bed, const char *description, const char *syspath, const char *path,
                                     usb_far_end far_end) {
    usb_testbed_device *device = calloc(1, sizeof *device);
    device->far_end = far_end;
    device->syspath = strdup(syspath);
    device->node = strdup(path);
    // First the handler: adding tells the host, which opens at once.
    device_node *node = node_at(bed, path);
    if (!node) return NULL;
    __atomic_store_n(&node->device, device, __ATOMIC_SEQ_CST);
    return umockdev_testbed_add_from_string(bed->umockdev, description, NULL) ? device : NULL;
}

void usb_testbed_pull(usb_testbed *bed, usb_testbed_device *device) {
    umockdev_testbed_uevent(bed->umockdev, device->syspath, "remove");
    umockdev_testbed_remove_device(bed->umockdev, device->syspath);
}

bool usb_testbed_forbid(usb_testbed *bed, const usb_testbed_device *device) {
    char *root = umockdev_testbed_get_root_dir(bed->umockdev);
    char *node = g_build_filename(root, device->node, NULL);
    // umockdev connects to its own end even for a node that could not be opened, and ends the program if it cannot.
    char *socket = g_build_filename(root, "ioctl", device->node, NULL);
    bool done = chmod(root, 0755) == 0 && chmod(node, 0) == 0 && chmod(socket, 0666) == 0;
    g_free(socket);
    g_free(node);
    g_free(root);
    return done;
}

void usb_testbed_become_nobody(void) { setfsuid(65534); }
