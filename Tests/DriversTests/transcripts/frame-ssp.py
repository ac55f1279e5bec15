#!/usr/bin/env python3
"""Prints SSP packets for transcripts: frame-ssp.py 80 07; frame-ssp.py 00 F0 EE 05

The first byte is sequence and address (80 or 00). Made apart from the driver, so that a misreading does not hide in both.
Source: ITL GA138 SSP Protocol Manual 2.2: 7F SEQ|ADR LEN data CRCL CRCH, CRC-16/CMS, every further 7F sent twice.
"""
import sys


def frame(head, data):
    body = [head, len(data), *data]
    crc = 0xFFFF
    for byte in body:
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x8005 if crc & 0x8000 else crc << 1) & 0xFFFF
    stuffed = [0x7F]
    for byte in body + [crc & 0xFF, crc >> 8]:
        stuffed += [byte, byte] if byte == 0x7F else [byte]
    return stuffed


if len(sys.argv) < 3:
    sys.exit("usage: frame-ssp.py 80|00 BYTE… (hex): prints the packet that carries these bytes")
words = [int(word, 16) for word in sys.argv[1:]]
print(" ".join(f"{byte:02X}" for byte in frame(words[0], words[1:])))
