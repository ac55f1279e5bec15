#!/usr/bin/env python3
"""Prints EBDS frames for transcripts: frame-ebds.py 10 7F 1C 10

Made apart from the driver, so that a misreading of the checksum does not hide in both.
Source: `decapod-atm/ebds` (MIT): 02 LEN CTL data 03 CHK, XOR from LEN to the last data byte.
"""
import sys


def frame(body):
    body = [len(body) + 4, *body]
    check = 0
    for byte in body:
        check ^= byte
    return [0x02, *body, 0x03, check]


if len(sys.argv) < 2:
    sys.exit("usage: frame-ebds.py CTL BYTE… (hex): prints the frame of this kind that carries these bytes")
print(" ".join(f"{byte:02X}" for byte in frame([int(word, 16) for word in sys.argv[1:]])))
