"""The eyes and hands of everybody around one kiosk: the customer, and whoever is at the unit, the network, the machine."""
import http.client
import json
import pathlib
import signal
import sqlite3
import ssl
import subprocess
import sys
import time

from stack import KIOSK, ROOT

NUMBER = "13800138000"
# Screens that show nobody's visit.
FREE = ("attract", "language", "service")
# What a customer taps who wants to go, best first.
WAYS_OUT = ("end", "done", "finish", "skip", "quit")


class Disappointment(Exception):
    """Something that somebody expected and did not get: their story ends here."""


class Hands:
    def __init__(self, stack, moments):
        self.stack, self.moments = stack, moments
        self.mode = "normal"
        self.offered = 0
        # In a visit that is lost when a free screen shows.
        self.inside = False

    # The customer

    def start_top_up(self, number=NUMBER):
        """Once more from the beginning if the kiosk forgot the visit before money was in."""
        try:
            self.come_to_the_slot(number)
        except Disappointment:
            self.come_to_the_slot(number)

    def come_to_the_slot(self, number):
        self.touch("start", "en", "topUp")
        self.type(number)
        self.touch("confirm", "continue")
        self.until("an open slot", lambda screen: screen.get("denominations"))

    def pay(self, *notes):
        """Inserts, finishes, and waits for the outcome."""
        self.start_top_up()
        for note in notes:
            self.insert(note)
        self.touch("finish")
        self.see("outcome")

    def touch(self, *choices):
        for choice in choices:
            self.inside = self.inside and choice != "start"
            self.send({"choice": choice}, f"the choice {choice}", lambda screen, choice=choice: offers(screen, choice))
            self.inside = self.inside or choice == "topUp"

    def type(self, digits):
        self.send({"fields": {"number": digits}}, "a keypad", lambda screen: screen.get("keypad"))

    def send(self, what, words, fits):
        """Waits until the screen takes it, and sends it; a screen that changed under the finger is tried again."""
        for _ in range(5):
            screen = self.until(words, fits)
            if self.post(screen, what) in (204, None):
                return
        raise Disappointment(f"expected {words} to be taken within five tries")

    def post(self, screen, what):
        """The status; None when none came."""
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.ports["screen"], timeout=10)
        try:
            connection.request("POST", "/screen", json.dumps({"screen": screen["id"], **what}),
                               {"Content-Type": "application/json"})
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        # The next screen comes over another connection: not the old one twice.
        self.wait(lambda: self.moments.screen is not screen, 0.5)
        return status

    def see(self, name, within=30):
        return self.until(f"the screen {name}", lambda screen: screen["name"] == name, within)

    def until(self, what, fits, within=20):
        """The screen that fits.

        A visit that was broken off does not come back: whoever waits for more of it before a free screen goes away.
        """
        found = []

        def shows():
            found[:] = [self.moments.screen]
            return found[0] and fits(found[0])
        if not self.wait(shows, within, unless=self.is_lost):
            raise Disappointment(f"expected {what}, saw {found[0]['name'] if found[0] else 'nothing'}")
        return found[0]

    def is_lost(self):
        screen = self.moments.screen
        return self.inside and bool(screen) and screen["name"] in FREE

    def insert(self, *yuan):
        """Holds the notes to the slot and waits until the unit has done with them."""
        self.offer(*yuan)
        if not self.wait(lambda: not self.moving_notes(), 20, unless=self.is_lost):
            raise Disappointment("expected the notes to be settled")
        self.sleep(0.6)

    def offer(self, *yuan):
        """Holds the notes to the slot, and does not wait."""
        self.offered += sum(yuan) * 100
        self.unit("notes " + " ".join(map(str, yuan)))

    def leave(self):
        """Goes, by whatever the screens offer; a dark one is waited for."""
        def is_gone():
            screen = self.moments.screen
            way = screen and next((choice for choice in WAYS_OUT if offers(screen, choice)), None)
            if way:
                self.post(screen, {"choice": way})
            return screen and screen["name"] == "attract"
        if not self.wait(is_gone, 100):
            raise Disappointment(f"expected to be let go, the screen says {self.moments.screen}")

    # The unit

    def unit(self, words):
        self.stack.say("validator", words)

    def truth(self):
        """Where every note is, from the unit itself: its file comes a moment later."""
        return json.loads(self.stack.say("validator", "truth"))

    def moving_notes(self):
        truth = self.truth()
        return truth["inPath"] + truth["atSlot"]

    def wait_for_unit(self, words):
        """Until kiosk or unit have said that, for the first time in this incident."""
        if not self.wait(lambda: self.moments.has_seen("unit " + words), 20, unless=self.is_lost):
            raise Disappointment(f"expected `{words}` on the unit's line")

    # The office's side

    def network(self, word):
        self.stack.say("network", word)

    def billing(self, mode):
        self.mode = mode
        # Not to one that is being killed: it is told when it comes back.
        with self.moments.turn:
            self.stack.say("bss", f"mode {mode}")

    def started(self, program):
        """A program came back: what lives in its memory only is said again."""
        if program == "billing" and self.mode != "normal":
            self.billing(self.mode)

    def send_batches_again(self):
        """Everything the office has of the kiosk, once more, byte by byte, with the kiosk's certificate."""
        inbox = sqlite3.connect(f"file:{self.stack.state}/office/office.sqlite?mode=ro", uri=True, timeout=10)
        lanes = {}
        for epoch, lane, seq, body, digest in inbox.execute(
                "SELECT epoch, lane, seq, body, hash FROM inbox ORDER BY epoch, lane, seq"):
            lanes.setdefault((epoch, lane), []).append({"seq": seq, "body": body.decode(), "hash": digest})
        inbox.close()
        pki = self.stack.state / "pki"
        context = ssl.create_default_context(cafile=pki / "ca.pem")
        context.load_cert_chain(pki / f"{KIOSK}.pem", pki / f"{KIOSK}.key")
        answers = []
        for (epoch, lane), events in lanes.items():
            for first in range(0, len(events), 50):
                batch = {"epoch": epoch, "lane": lane, "events": events[first:first + 50]}
                key = f"{epoch}:{lane}:{batch['events'][0]['seq']}-{batch['events'][-1]['seq']}"
                connection = http.client.HTTPSConnection(
                    "localhost", self.stack.ports["office"], context=context, timeout=10)
                try:
                    connection.request("POST", f"/v1/kiosks/{KIOSK}/batches", json.dumps(batch),
                                       {"Content-Type": "application/json", "Idempotency-Key": key})
                    answers.append(connection.getresponse().status)
                except (OSError, http.client.HTTPException):
                    pass
                finally:
                    connection.close()
        return answers

    # The machine

    def cups(self, word):
        printer = [self.stack.sim / "printer"] if word == "start" else []
        subprocess.run([ROOT / "scripts" / "cups", word, self.stack.state / "cups", *printer], check=True)

    def clock(self, seconds):
        """How wrong kioskd's wall clock is; heard by a kioskd that runs `with_own_clock`."""
        with open(self.stack.state / "clock", "r+b") as file:
            file.write(seconds.to_bytes(8, sys.byteorder, signed=True))

    def with_own_clock(self):
        library = self.stack.state / "wrong_clock.so"
        subprocess.run(["clang", "-shared", "-fPIC", "-O", "-o", library, pathlib.Path(__file__).with_name("wrong_clock.c")],
                       check=True)
        (self.stack.state / "clock").write_bytes(bytes(8))
        self.stack.environment["kioskd"] = {"LD_PRELOAD": str(library), "WRONG_CLOCK": str(self.stack.state / "clock")}
        self.restart_kiosk()

    def with_the_true_clock(self):
        if self.stack.environment.pop("kioskd", None):
            self.restart_kiosk()

    def restart_kiosk(self):
        with self.moments.turn:
            self.stack.stop("kioskd")
            self.stack.start("kioskd")

    def disk_is_full(self, seconds):
        """No room for kioskd's journal, in this life and the next."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.fail_calls("write,pwrite64", "ENOSPC", deadline)

    def sync_fails(self, seconds):
        """The next time kioskd's journal is synced, the disk does not do it."""
        self.fail_calls("fsync,fdatasync", "EIO:when=1", time.monotonic() + seconds)

    def fail_calls(self, calls, error, deadline):
        """These system calls on the journal fail until then, or until kioskd ends."""
        journal = self.stack.state / "kiosk" / "journal.sqlite"
        kioskd = self.stack.running.get("kioskd")
        if kioskd is None or kioskd.poll() is not None:
            return time.sleep(0.01)
        tracer = subprocess.Popen(
            ["strace", "-f", "-qq", "-o", "/dev/null", "-p", str(kioskd.pid), "-P", journal, "-P", f"{journal}-wal",
             "-e", f"trace={calls}", "-e", f"inject={calls}:error={error}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait(lambda: tracer.poll() is not None, deadline - time.monotonic())
        tracer.send_signal(signal.SIGINT)
        tracer.wait()

    # Time

    @staticmethod
    def sleep(seconds):
        time.sleep(seconds)

    @staticmethod
    def wait(holds, seconds, unless=lambda: False):
        """True when it holds in time; given up two seconds after `unless` came true."""
        deadline, hopeless = time.monotonic() + seconds, None
        while time.monotonic() < deadline:
            if holds():
                return True
            if unless():
                hopeless = hopeless or time.monotonic()
                if time.monotonic() - hopeless > 2:
                    return False
            time.sleep(0.02)
        return False


def offers(screen, choice):
    return any(each["id"] == choice and each.get("unavailable") is None for each in screen["choices"])
