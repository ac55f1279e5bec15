#!/usr/bin/env python3
"""Prints ID-003 frames for transcripts: frame-id003.py 13 65; frame-id003.py 11

Made apart from the driver, so that a misreading of the checksum does not hide in both.
Source: `Portalum/Portalum.Id003` (MIT): FC LNG data CRClo CRChi, CRC-16/KERMIT from FC on.
"""
import sys


def frame(data):
    bytes_ = [0xFC, len(data) + 4, *data]
    crc = 0
    for byte in bytes_:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0x8408 if crc & 1 else crc >> 1
    return bytes_ + [crc & 0xFF, crc >> 8]


if len(sys.argv) < 2:
    sys.exit("usage: frame-id003.py BYTE… (hex): prints the frame that carries these bytes")
print(" ".join(f"{byte:02X}" for byte in frame([int(word, 16) for word in sys.argv[1:]])))
