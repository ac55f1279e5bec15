// A USB bus below the real libusb: umockdev's testbed, with every usbfs request handed to the test.
//
// umockdev must be preloaded (`umockdev-wrapper PROGRAM`). One testbed a process.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What the far end answers; each call comes on umockdev's thread, one at a time for one device.
typedef struct {
    void *context;
    // A transfer begins. `bytes` is the data of an OUT transfer, or the setup packet and what follows it.
    void (*submit)(void *context, uint64_t transfer, uint8_t endpoint, bool control, const uint8_t *bytes,
                   size_t length);
    // The next finished transfer: true and its number, Linux status and length; IN data goes into `bytes`.
    bool (*reap)(void *context, uint64_t *transfer, int32_t *status, uint8_t *bytes, size_t room, size_t *actual);
    // The host takes a transfer back; false if it is not waiting.
    bool (*discard)(void *context, uint64_t transfer);
    // Claim, release, detach, clear halt and so on; `request` is the low byte of the usbfs ioctl. 0 or an errno.
    int32_t (*ask)(void *context, uint8_t request, uint32_t value);
    // The plug is out: nothing is taken any more.
    bool (*gone)(void *context);
} usb_far_end;

typedef struct usb_testbed usb_testbed;
typedef struct usb_testbed_device usb_testbed_device;

// True if umockdev is preloaded into this process.
bool usb_testbed_available(void);
// NULL if it is not available, or takes no device.
usb_testbed *usb_testbed_new(void);
// Device nodes on bus 1, from number 2; they may be used over and over.
enum { USB_TESTBED_NODES = 16 };
// Plugs a device in: `description` in umockdev's format, `node` as in it ("/dev/bus/usb/001/002").
usb_testbed_device *usb_testbed_plug(usb_testbed *bed, const char *description, const char *syspath, const char *node,
                                     usb_far_end far_end);
// A device that only describes itself: a root hub.
bool usb_testbed_add(usb_testbed *bed, const char *description);
// Tells the host that the device is gone; `far_end.gone` must say so already.
void usb_testbed_pull(usb_testbed *bed, usb_testbed_device *device);
// Takes all rights to a device's node away, and leaves the rest of the machine readable as it really is.
bool usb_testbed_forbid(usb_testbed *bed, const usb_testbed_device *device);
// The calling thread loses root's rights to files, for good. (Rights belong to threads; Swift does not see this call.)
void usb_testbed_become_nobody(void);
