"""What can be seen of a kiosk at work, moment by moment, and the fate that kills its programs at one of them."""
import http.client
import json
import threading
import time
import urllib.request


class Moments(threading.Thread):
    """Counts what is seen: a screen, a word between kiosk and unit, a commit of the kiosk or the office, a booking.

    `screen` is what the page shows now, None while it is dark.
    """
    GLANCE = 0.002

    def __init__(self, stack):
        super().__init__(daemon=True)
        self.stack = stack
        self.screen = None
        self.seen = []
        self.begun = time.monotonic()
        self.changed = threading.Condition()
        self.over = threading.Event()
        # Programs are started and ended by one at a time.
        self.turn = threading.RLock()
        self.files = {
            "kiosk commits": stack.state / "kiosk" / "journal.sqlite-wal",
            "office commits": stack.state / "office" / "office.sqlite-wal",
            "billing books": stack.sim / "bss.jsonl",
        }

    def begin(self):
        """Forgets what was seen: an incident begins."""
        with self.changed:
            self.seen, self.begun = [], time.monotonic()

    def note(self, what):
        with self.changed:
            self.seen.append((time.monotonic() - self.begun, what))
            self.changed.notify_all()

    def wait(self, count, seconds):
        """True when so many moments have been seen."""
        with self.changed:
            return self.changed.wait_for(lambda: len(self.seen) >= count, seconds)

    def has_seen(self, what):
        with self.changed:
            return any(seen == what for _, seen in self.seen)

    def run(self):
        threading.Thread(target=self.watch_screen, daemon=True).start()
        marks = {name: self.mark(path) for name, path in self.files.items()}
        with open(self.stack.sim / "validator.log", encoding="ascii") as talk:
            talk.seek(0, 2)
            while not self.over.wait(self.GLANCE):
                for line in talk.read().splitlines():
                    # Identity and note table are long.
                    self.note("unit " + line.split(" ", 1)[-1][:22])
                for name, path in self.files.items():
                    mark = self.mark(path)
                    if mark != marks[name]:
                        marks[name] = mark
                        self.note(name)

    @staticmethod
    def mark(path):
        try:
            status = path.stat()
            return status.st_mtime_ns, status.st_size
        except FileNotFoundError:
            return None

    def watch_screen(self):
        url = f"http://127.0.0.1:{self.stack.ports['screen']}/screen"
        while not self.over.is_set():
            try:
                # Every 15 s something is said, so silence is an end.
                with urllib.request.urlopen(url, timeout=20) as stream:
                    for line in stream:
                        if line.startswith(b"data:"):
                            self.screen = json.loads(line[5:])
                            self.note("screen " + self.screen["name"])
            except (OSError, ValueError, http.client.HTTPException):
                pass
            self.screen = None
            self.over.wait(0.05)


class Cut:
    """One kill: so many moments from the start, or from the kill before it, and a few milliseconds."""
    VICTIMS = ["kioskd", "kioskd", "machine", "office", "billing"]

    def __init__(self, dice, steps):
        self.victim = dice.choice(self.VICTIMS)
        self.step = dice.randint(1, steps)
        self.delay = dice.uniform(0, 0.05)
        self.pause = dice.uniform(0, 0.5)
        self.at = None

    def __str__(self):
        return f"{self.victim} at step {self.step} ({self.at or 'not reached'})"


class Fate(threading.Thread):
    """Carries out the cuts and starts again what has died, as systemd does.

    The victim *machine* is kioskd and its unit, without power at the same moment.
    """

    def __init__(self, stack, moments, cuts, on_start=lambda name: None):
        super().__init__(daemon=True)
        self.stack, self.moments, self.cuts, self.on_start = stack, moments, cuts, on_start
        self.last_call, self.all_cut, self.over = threading.Event(), threading.Event(), threading.Event()
        # Programs that ended without having been killed: name and code.
        self.deaths = []
        self.trouble = None

    def run(self):
        try:
            seen = 0
            for cut in self.cuts:
                while not self.moments.wait(seen + cut.step, 0.05) and not self.last_call.is_set():
                    self.revive()
                time.sleep(cut.delay)
                with self.moments.turn:
                    self.revive()
                    seen = self.carry_out(cut)
            self.all_cut.set()
            while not self.over.wait(0.05):
                self.revive()
        except Exception as trouble:  # told by `end`, in the thread that can do something about it
            self.trouble = trouble
        finally:
            self.all_cut.set()

    def carry_out(self, cut):
        with self.moments.changed:
            last = self.moments.seen[-1][1] if self.moments.seen else "nothing yet"
            seen = len(self.moments.seen)
        cut.at = last if seen >= cut.step else f"{last}, at rest"
        program = "kioskd" if cut.victim == "machine" else cut.victim
        self.stack.kill(program)
        if cut.victim == "machine":
            self.stack.say("validator", "power cut")
        self.moments.note(f"killed {cut.victim}")
        time.sleep(cut.pause)
        if cut.victim == "machine":
            self.stack.say("validator", "power restore")
        self.bring_back(program)
        return seen + 1

    def bring_back(self, program):
        # The next cut may come in the middle of the start. The billing system must hear its mode before anything else.
        self.stack.start(program, wait=60 if program == "billing" else 0)
        self.on_start(program)

    def revive(self):
        with self.moments.turn:
            for program, process in list(self.stack.running.items()):
                if process.poll() is not None:
                    self.deaths.append((program, process.returncode))
                    self.stack.running.pop(program)
                    self.moments.note(f"{program} ended, code {process.returncode}")
                    time.sleep(0.5)
                    self.bring_back(program)

    def finish_cuts(self):
        """Cuts that were not reached are made now; what ends by itself is started again until `end`."""
        self.last_call.set()
        self.all_cut.wait()

    def end(self):
        self.finish_cuts()
        self.over.set()
        self.join()
        if self.trouble:
            raise self.trouble
