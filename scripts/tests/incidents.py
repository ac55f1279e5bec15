"""The incidents of the virtual world (Tests/KioskWorld/Incident.swift), by the same names, for the real programs.

A story may end early when something is in its way: what is checked is the money, not the story.
"""
import dataclasses
import typing

from hands import Disappointment, Hands


@dataclasses.dataclass(frozen=True)
class Incident:
    name: str
    play: typing.Callable[[Hands], None]
    # What is credited, in yuan, when the story is whole and the kiosk was not cut; None: that depends.
    sold: int | None = None
    # The most that can come into the cassette, in yuan; None: everything that is offered.
    most: int | None = None
    # Moments seen in an undisturbed run, about.
    steps: int = 45


def during(words, note=50):
    """With something wrong while one note goes in."""
    def play(hands):
        hands.start_top_up()
        hands.unit(words)
        hands.offer(note)
        hands.sleep(6)
        hands.unit("clear all")
        hands.sleep(4)
    return play


# Notes

def one_note(face):
    return Incident(f"one note of {face}", lambda hands: hands.pay(face), sold=face)


def two_at_once(hands):
    hands.start_top_up()
    hands.insert(50, 20)
    hands.touch("finish")
    hands.see("outcome")


def too_small(hands):
    hands.start_top_up()
    hands.insert(5)
    hands.insert(10)
    hands.touch("finish")


def two_customers(hands):
    hands.pay(20)
    hands.leave()
    hands.pay(50)


NOTES = [one_note(face) for face in (10, 20, 50, 100)] + [
    Incident("three notes", lambda hands: hands.pay(10, 50, 20), sold=80, steps=75),
    Incident("two notes held to the slot at once", two_at_once, sold=70),
    Incident("a note too small", too_small, sold=10, most=10),
    Incident("a note over the maximum", lambda hands: hands.pay(100, 100, 100, 100, 50, 100), sold=450, most=500, steps=110),
    Incident("two customers, one after the other", two_customers, sold=70, steps=90),
]


# Changes of mind

def cancels(hands):
    hands.start_top_up()
    hands.touch("quit")


def cancels_under_a_note(hands):
    hands.start_top_up()
    hands.offer(50)
    hands.sleep(0.6)
    hands.touch("quit")
    hands.sleep(4)


def finishes_under_a_note(hands):
    hands.start_top_up()
    hands.insert(10)
    hands.offer(50)
    hands.sleep(1.5)
    hands.touch("finish")
    hands.see("outcome")


def walks_away(*notes):
    def play(hands):
        hands.start_top_up()
        for note in notes:
            hands.insert(note)
        hands.see("attract", within=60)
    return play


def two_more_receipts(hands):
    hands.pay(20)
    for _ in range(2):
        hands.touch("copy")
        hands.sleep(1)
    hands.touch("done")


def rates(hands):
    hands.pay(20)
    hands.touch("done", "5", "done")


CHANGES = [
    Incident("cancels before a note", cancels, sold=0, most=0, steps=18),
    Incident("cancels while a note comes in", cancels_under_a_note),
    Incident("finishes while a note is moving", finishes_under_a_note),
    Incident("walks away with money in", walks_away(20), sold=20),
    Incident("walks away with nothing in", walks_away(), sold=0, most=0, steps=20),
    Incident("wants two more receipts", two_more_receipts, sold=20, steps=65),
    Incident("rates the visit", rates, sold=20),
]


# The unit

# What is credited of a note of 50; None: that depends.
UNIT_FAULTS = {
    "jam-validator next": 0, "jam-stacker": None, "cheat": None, "pause next": None, "reject": 0, "failure 54 next": 0,
    "strange-note": 0, "silence": None, "lost-ack 3 at 81": 50, "lost-reply 3 at 80": 50, "duplicate 4": 50,
    "corrupt 3": 50, "late-reply 2 at 17": 50}


def cassette_out_and_in(hands):
    hands.start_top_up()
    hands.insert(50)
    hands.unit("cassette remove")
    hands.sleep(3)
    hands.unit("cassette insert")
    hands.sleep(4)
    hands.insert(20)
    hands.touch("finish")


def cable_pulled(hands):
    hands.start_top_up()
    hands.offer(50)
    hands.wait_for_unit("> 35")
    hands.unit("unplug")
    hands.sleep(3)
    hands.unit("plug")
    hands.sleep(6)


def unit_without_power(hands):
    hands.start_top_up()
    hands.offer(100)
    hands.sleep(1.3)
    hands.unit("power cut")
    hands.sleep(2)
    hands.unit("power restore")
    hands.sleep(6)


UNIT = [Incident(f"the unit: {words}", during(f"fault {words}"), sold=sold) for words, sold in UNIT_FAULTS.items()] + [
    Incident("the cassette is taken out and put in", cassette_out_and_in, sold=70, steps=70),
    Incident("the cable is pulled in the middle of stacking", cable_pulled),
    Incident("the unit alone loses power with a note in escrow", unit_without_power),
]


# The office's side

def billing(mode):
    def play(hands):
        hands.billing(mode)
        hands.pay(50)
        hands.sleep(2)
        hands.billing("normal")
        hands.sleep(2)
    return Incident(f"the billing system: {mode}", play, sold=50)


def office_away(hands):
    hands.network("down")
    hands.pay(50)
    hands.network("up")
    hands.sleep(2)


def answers_lost(hands):
    hands.start_top_up()
    hands.network("mute")
    hands.insert(50)
    hands.network("up")
    hands.insert(20)
    hands.network("mute")
    hands.touch("finish")
    hands.see("outcome")
    hands.network("up")
    hands.sleep(2)


def batches_again(hands):
    hands.start_top_up()
    for note in (50, 20):
        hands.insert(note)
        hands.send_batches_again()
    hands.touch("finish")
    hands.send_batches_again()
    hands.see("outcome")
    hands.send_batches_again()


def unknown_numbers(hands):
    hands.touch("start", "en", "topUp")
    for number in ("19900001234", "19900005678", "13800138000"):
        hands.type(number)
        hands.touch("confirm")
        if number.startswith("1990"):
            hands.until("no such number", lambda screen: not is_asking(screen))
            hands.touch("change")
    hands.touch("continue")
    hands.until("an open slot", lambda screen: screen.get("denominations"))
    hands.insert(20)
    hands.touch("finish")


def is_asking(screen):
    return any(line["key"] == "account.body.asking" for line in screen["body"])


OFFICE = [billing(mode) for mode in ("slow", "down", "cut-after", "refuses")] + [
    Incident("the office is away", office_away, sold=50),
    Incident("answers are lost after the office's commit", answers_lost, sold=70, steps=70),
    Incident("batches arrive twice and again", batches_again, sold=70, steps=60),
    Incident("two unknown numbers, then the right one", unknown_numbers, sold=20),
]


# The machine

def printer(name, break_it, mend_it):
    def play(hands):
        hands.start_top_up()
        hands.insert(20)
        break_it(hands)
        hands.touch("finish")
        hands.see("outcome")
        hands.sleep(3)
        mend_it(hands)
    return Incident(f"the printer: {name}", play, sold=20)


def printer_fault(name, word):
    return printer(name, lambda hands: hands.stack.simulate("fault", word), lambda hands: hands.stack.simulate("clear", word))


def clock_jumps(hands):
    hands.with_own_clock()
    hands.start_top_up()
    hands.insert(20)
    hands.clock(10 * 365 * 86_400)
    hands.insert(50)
    hands.touch("finish")


def disk_full(hands):
    hands.start_top_up()
    hands.offer(50)
    hands.wait_for_unit("> 35")
    hands.disk_is_full(6)
    hands.sleep(4)


def sync_fails(hands):
    hands.start_top_up()
    hands.offer(50)
    hands.wait_for_unit("> 35")
    hands.sync_fails(3)
    hands.sleep(6)


DISK = [
    Incident("the disk is full while a note is stacked", disk_full),
    Incident("a sync fails while a note is credited", sync_fails),
]
MACHINE = [
    printer_fault("paper-out", "paper-out"),
    printer("service-gone", lambda hands: hands.cups("stop"), lambda hands: hands.cups("start")),
    printer_fault("dies", "printer-dies"),
    printer_fault("jam", "printer-jam"),
    Incident("the clock jumps ten years", clock_jumps, sold=70),
] + DISK

ALL = NOTES + CHANGES + UNIT + OFFICE + MACHINE


def help_comes(hands):
    """Whatever a story left broken works again, and the customer takes what is at the slot."""
    hands.network("up")
    hands.billing("normal")
    for words in ("notes back", "plug", "power restore", "clear all"):
        hands.unit(words)
    if not (hands.stack.state / "cups" / "cups.sock").exists():
        hands.cups("start")
    hands.with_the_true_clock()


def tell(hands, incident):
    """Plays the story; returns how it ended."""
    try:
        incident.play(hands)
        return "whole"
    except Disappointment as end:
        return str(end)
