#!/usr/bin/env python3
"""Plays every incident of the virtual world against the real programs and kills one of them at a random moment of it.

Usage: scripts/tests/kill.py [--rounds N | --cuts N] [--seed S] [--incident NAME] [--round R] [--state DIR] [--list | --whole]
Killed with SIGKILL are kioskd, kioskd together with its unit's power (`machine`), the office, or the billing system; now and
then a second time during the recovery. Truth is the cassette, the customer's hand and the billing system's book.
  --rounds N       the whole list N times, each time with other moments
  --cuts N         N incidents of the list, chosen by the seed
  --incident NAME  only this one; with --seed and --round of a finding: the same moment again
  --list           prints the names; they are those of `kiosk-simulate cuts --list`
  --whole          kills nothing
"""
import argparse
import collections
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import incidents  # noqa: E402
from balance import Books, Change, contradictions, fen, printed  # noqa: E402
from hands import Hands  # noqa: E402
from moments import Cut, Fate, Moments  # noqa: E402
from stack import PROGRAMS, Failure, Stack, free_ports, until  # noqa: E402

# A customer who has gone is noticed sooner than in a real hall.
LIMITS = {"idleSeconds": 10, "moreTimeSeconds": 4, "idleWithNotesSeconds": 10, "moreTimeWithNotesSeconds": 5,
          "noteSettlementSeconds": 20, "settlementSeconds": 4, "lingerSeconds": 10, "questionSeconds": 3}
# One visit in so many is cut a second time, soon after the first.
TWICE_IN = 3
SOON = 12


def main():
    options = arguments()
    if options.list:
        return print("\n".join(incident.name for incident in incidents.ALL))
    same_names()
    print(f"kill: seed {options.seed}", flush=True)
    count = collections.Counter()
    for number, stories in rounds(options):
        state = options.state or tempfile.mkdtemp(prefix="kiosk-kill-")
        stack = Stack(state, free_ports())
        stack.limits = LIMITS
        try:
            stack.start_all()
            play_all(stack, stories, number, options, count)
        except BaseException:
            print(f"kill: state kept in {state}")
            raise
        finally:
            stack.stop_all()
        if not options.state:
            shutil.rmtree(state)
    print(f"kill: {count['whole']} stories whole, {count['cut short']} cut short; "
          + ", ".join(f"{victim} {count[victim]}" for victim in dict.fromkeys(Cut.VICTIMS)))
    print(f"incidents {count['incidents']} kills {count['kills']} balanced {count['balanced']}")


def arguments():
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=1)
    options.add_argument("--cuts", type=int)
    options.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options.add_argument("--incident")
    options.add_argument("--round", type=int, default=1)
    options.add_argument("--state")
    options.add_argument("--list", action="store_true")
    options.add_argument("--whole", action="store_true")
    return options.parse_args()


def same_names():
    """The list is that of the virtual world, or this is no test of the same incidents."""
    answer = subprocess.run([PROGRAMS / "kiosk-simulate", "cuts", "--list"], capture_output=True, text=True, check=True)
    known, here = answer.stdout.splitlines(), [incident.name for incident in incidents.ALL]
    if known != here:
        raise Failure(f"expected the incidents of the virtual world; only here or there: {sorted(set(known) ^ set(here))}")


def rounds(options):
    """Each round with its number and what is played in it."""
    stories = [incident for incident in incidents.ALL if options.incident in (None, incident.name)]
    if not stories:
        raise Failure(f"expected a name of --list, got `{options.incident}`")
    left = options.cuts or options.rounds * len(stories)
    number = options.round
    while left > 0:
        chosen = stories
        if left < len(stories):
            chosen = random.Random(f"{options.seed} {number}").sample(stories, left)
        yield number, chosen
        left -= len(chosen)
        number += 1


def play_all(stack, stories, number, options, count):
    moments = Moments(stack)
    moments.start()
    try:
        settle(stack, 60)
        for incident in stories:
            try:
                play(stack, moments, incident, f"{options.seed} {number} {incident.name}", options.whole, count)
            except Exception as trouble:
                print(f"kill: {incident.name}: {trouble}")
                for at, what in moments.seen:
                    print(f"    {at:7.3f} {what}")
                raise SystemExit(f"kill: replay with scripts/tests/kill.py --seed {options.seed} --round {number} "
                                 f"--incident '{incident.name}'") from trouble
    finally:
        moments.over.set()


def play(stack, moments, incident, seed, whole, count):
    """One incident with its kills, its help, and its books."""
    dice, begun = random.Random(seed), time.monotonic()
    cuts = [] if whole else [Cut(dice, incident.steps)]
    if cuts and dice.randrange(TWICE_IN) == 0:
        cuts.append(Cut(dice, SOON))
    before, hands = Books(stack), Hands(stack, moments)
    moments.begin()
    fate = Fate(stack, moments, cuts, hands.started)
    fate.start()
    try:
        end = incidents.tell(hands, incident)
        steps = len(moments.seen)
        incidents.help_comes(hands)
        hands.leave()
        fate.finish_cuts()
        settle(stack, 150)
    finally:
        fate.end()
    after = Books(stack)
    change = Change(before, after)
    papers = printed(stack, before.at)
    found = (contradictions(before, after, papers) + expectations(incident, change, cuts, end, hands)
             + deaths(incident, fate))
    if not stack.control("journal", "verify", check=False).get("intact"):
        found.append("the journal's chain is broken")
    print(f"{incident.name}: {' then '.join(map(str, cuts)) or f'{steps} steps'}: {change}, {len(papers)} papers; "
          f"{end}{''.join(f', {name} ended with {code}' for name, code in fate.deaths)}; "
          f"{time.monotonic() - begun:.0f} s", flush=True)
    if found:
        raise Failure("; ".join(found))
    count.update(["incidents", "balanced", "whole" if end == "whole" else "cut short"] + [cut.victim for cut in cuts])
    count["kills"] += len(cuts)


def expectations(incident, change, cuts, end, hands):
    """What holds of this incident whatever is cut, and what holds because the kiosk was not."""
    most = hands.offered if incident.most is None else incident.most * 100
    found = []
    if fen(change.cassette) > most:
        found.append(f"expected at most {most} in the cassette, got {fen(change.cassette)}")
    if incident.sold is None:
        return found
    victims = {cut.victim for cut in cuts}
    if end == "whole" and not victims & {"kioskd", "machine"} and fen(change.credited) != incident.sold * 100:
        found.append(f"expected {incident.sold} credited, got {change}")
    # A unit that kept its power and did nothing odd can tell where each note is.
    if "machine" not in victims and fen(change.doubtful):
        found.append(f"expected nothing in doubt, got {change}")
    return found


def deaths(incident, fate):
    """Nobody ends without being killed; who has a disk that fails may end in order, and is started again."""
    return [f"{program} ended with code {code}" for program, code in fate.deaths
            if code < 0 or incident not in incidents.DISK]


def settle(stack, seconds):
    """Waits until the visit is over, everything is delivered and posted, no note is on its way, and all is well again."""
    reason = [None]

    def is_quiet():
        reason[0] = unrest(stack)
        return reason[0] is None
    try:
        until(is_quiet, seconds, "rest")
    except Failure as failure:
        raise Failure(f"{failure}: {reason[0]}") from failure


def unrest(stack):
    """What is not over yet; None when nothing is."""
    down = [program for program in list(stack.running) if not stack.ready(program)]
    if down:
        return f"not ready: {down}"
    status = stack.control("status", check=False)
    if not status or status["openSession"] or status["services"]["topUp"]:
        return f"the kiosk says {status}"
    waiting = [lane for lane in stack.control("outbox") if lane["acked"] < lane["last"]]
    if waiting:
        return f"to be delivered: {waiting}"
    accounts, truth = stack.kiosk_ledger()["accounts"], stack.truth()
    if accounts["TOPUP_DUE"] or accounts["CREDIT"]:
        return f"to be posted: {accounts}"
    if truth["inPath"] or truth["atSlot"]:
        return f"on its way: {truth}"
    alarms = [alarm["code"] for alarm in stack.control("alarms", check=False)]
    return None if alarms == (["noteDoubtful"] if accounts["SUSPENSE"] else []) else f"alarms: {alarms}"


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        raise SystemExit(f"kill: {failure}") from failure
