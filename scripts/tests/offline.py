#!/usr/bin/env python3
"""Cuts the network to the office, lets customers top up meanwhile, restores it: every order is posted once, in order per number.

Usage: scripts/tests/offline.py [--top-ups N] [--minutes M] [--state DIR]
M is how long the network stays down at least; the default run is short, the long one is `--top-ups 100 --minutes 60`.
"""
import argparse
import pathlib
import random
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from balance import balance, drained  # noqa: E402
from stack import Failure, Stack, free_ports, until  # noqa: E402

NUMBERS = ["13800138000", "13900139000", "13700137000"]


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--top-ups", type=int, default=4)
    options.add_argument("--minutes", type=float, default=0)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--state")
    options = options.parse_args()
    dice = random.Random(options.seed)
    state = options.state or tempfile.mkdtemp(prefix="kiosk-offline-")
    stack = Stack(state, free_ports(), paper=False)
    try:
        stack.start_all()
        stack.simulate("network", "down")
        down = time.monotonic()
        for count in range(options.top_ups):
            top_up(stack, dice)
            if (count + 1) % 10 == 0:
                print(f"offline: {count + 1} top-ups, {(time.monotonic() - down) / 60:.0f} min offline", flush=True)
        if stack.billing_ledger()["totalFen"] != 0:
            raise Failure("expected nothing posted while the network was down")
        time.sleep(max(0, options.minutes * 60 - (time.monotonic() - down)))
        print(f"offline: network back after {(time.monotonic() - down) / 60:.1f} min", flush=True)
        stack.simulate("network", "up")
        until(lambda: drained(stack), 600, "every order to be credited")
        verdict(stack, options.top_ups)
    finally:
        stack.stop_all()
    if not options.state:
        shutil.rmtree(state)


def top_up(stack, dice):
    notes = ",".join(str(dice.choice([10, 20, 50, 100])) for _ in range(dice.randint(1, 2)))
    stack.simulate(
        "customer", "top-up", "--number", dice.choice(NUMBERS), "--notes", notes,
        "--screen", f"http://127.0.0.1:{stack.ports['screen']}")


def verdict(stack, top_ups):
    figures, billing = balance(stack), stack.billing_ledger()
    if not figures.agree or len(billing["postings"]) != top_ups:
        raise Failure(f"the books do not balance after {top_ups} top-ups: {figures}, {len(billing['postings'])} orders")
    by_number = {}
    for order in billing["orders"]:
        by_number.setdefault(order["account"], []).append(int(order["id"].rsplit("-", 1)[1]))
    for sessions in by_number.values():
        if sessions != sorted(sessions):
            raise Failure(f"posted out of order for one number: sessions {sessions}")
    print(f"offline: {figures}")
    print(f"offline: {top_ups} orders posted once each, in order for each of {len(by_number)} numbers")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        raise SystemExit(f"offline: {failure}") from failure
