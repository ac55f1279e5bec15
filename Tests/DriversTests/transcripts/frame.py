#!/usr/bin/env python3
"""Prints CCNET frames for transcripts: frame.py 81 04; frame.py 33

Made apart from the driver, so that a misreading of the checksum does not hide in both.
Source: CashCode CCNET Common Specifications 2.6.0: 02 ADR LNG data CRClo CRChi, CRC-16/KERMIT.
"""
import sys


def frame(data):
    bytes_ = [0x02, 0x03, len(data) + 5, *data]
    crc = 0
    for byte in bytes_:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0x8408 if crc & 1 else crc >> 1
    return bytes_ + [crc & 0xFF, crc >> 8]


if len(sys.argv) < 2:
    sys.exit("usage: frame.py BYTE… (hex): prints the frame that carries these bytes")
print(" ".join(f"{byte:02X}" for byte in frame([int(word, 16) for word in sys.argv[1:]])))
