#!/usr/bin/env python3
"""Kills kioskd, the office and the billing system with SIGKILL at random moments of top-ups, and holds the books against the notes.

Usage: scripts/tests/kill.py [--cuts N] [--seed S] [--state DIR]
Truth is what lies in the virtual cassette; the ledgers must say the same, and no order may be posted twice.
"""
import argparse
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from stack import Failure, Stack, free_ports, until  # noqa: E402
from balance import balance, drained  # noqa: E402


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--cuts", type=int, default=50)
    options.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options.add_argument("--state")
    options = options.parse_args()
    print(f"kill: {options.cuts} cuts, seed {options.seed}", flush=True)
    dice = random.Random(options.seed)
    state = options.state or tempfile.mkdtemp(prefix="kiosk-kill-")
    stack = Stack(state, free_ports(), paper=False)
    killed = {"kioskd": 0, "office": 0, "billing": 0}
    visits = {"whole": 0, "cut short": 0}
    try:
        stack.start_all()
        for cut in range(options.cuts):
            # Every program in its turn; the moment is the dice's.
            victim = ["kioskd", "kioskd", "office", "billing"][cut % 4]
            customer = start_customer(stack, dice)
            time.sleep(dice.uniform(0.05, 4.0))
            stack.kill(victim)
            killed[victim] += 1
            time.sleep(dice.uniform(0, 0.5))
            stack.start(victim, wait=30)
            visits["whole" if finish(customer) == 0 else "cut short"] += 1
            wait_for_attract(stack)
            if (cut + 1) % 10 == 0:
                print(f"kill: {cut + 1} cuts", flush=True)
        until(lambda: drained(stack), 120, "everything to be delivered and posted")
        figures = balance(stack)
    finally:
        stack.stop_all()
    print(f"kill: killed {killed}, visits {visits}")
    print(f"kill: {figures}")
    if not figures.agree:
        raise SystemExit(f"kill: the books do not balance; replay with --seed {options.seed}; state kept in {state}")
    if not options.state:
        shutil.rmtree(state)
    print("kill: cassette = credited + doubtful, nothing posted twice, all drained")


def start_customer(stack, dice):
    notes = [dice.choice([10, 20, 50, 100]) for _ in range(dice.randint(1, 3))]
    number = dice.choice(["13800138000", "13900139000", "13700137000"])
    return subprocess.Popen(
        [stack.programs / "kiosk-sim", "customer", "top-up", "--number", number, "--notes", ",".join(map(str, notes)),
         "--screen", f"http://127.0.0.1:{stack.ports['screen']}", "--state", str(stack.sim)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def finish(customer):
    """A customer who sees nothing but a dark screen goes away; the notes are in the machine."""
    try:
        return customer.wait(25)
    except subprocess.TimeoutExpired:
        customer.kill()
        return customer.wait()


def wait_for_attract(stack):
    """The visit that was cut ends by itself, as it does when the customer has gone."""
    until(lambda: stack.control("status", check=False).get("openSession") is False, 180, "the visit to end by itself")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        raise SystemExit(f"kill: {failure}") from failure
