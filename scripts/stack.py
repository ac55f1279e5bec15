"""Starts and stops everything of a virtual kiosk: CUPS, acceptor, billing system, network, office, kioskd.

One description of the stack, used by scripts/run, scripts/demo and the tests that kill its parts.
"""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAMS = pathlib.Path(os.environ.get("KIOSK_PROGRAMS") or ROOT / ".build" / "debug")
PORTS = {"screen": 8480, "desk": 8481, "office": 8443, "relay": 8444, "billing": 8490}
KIOSK = "K0001"


class Failure(Exception):
    """Something did not start or did not happen; the message says what to do."""


def until(condition, seconds, what):
    """Waits for a condition with a deadline and returns what it returned."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise Failure(f"waited {seconds} s for {what} in vain")


def free_ports():
    """Five ports nobody listens on now, for a stack beside another one."""
    sockets = [socket.socket() for _ in PORTS]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = {name: each.getsockname()[1] for name, each in zip(PORTS, sockets)}
    for each in sockets:
        each.close()
    return ports


class Stack:
    def __init__(self, state, ports=None, programs=None, paper=True):
        self.state = pathlib.Path(state).resolve()
        self.ports = ports or dict(PORTS)
        self.programs = pathlib.Path(programs or PROGRAMS)
        self.paper = paper
        self.running = {}
        self.started = {}
        # More environment for a program, by its name.
        self.environment = {}
        # kioskd's limits, by their names in its configuration.
        self.limits = {}
        self.sim = self.state / "sim"
        for folder in ("log", "pki", "kiosk", "office", "sim/printer"):
            (self.state / folder).mkdir(parents=True, exist_ok=True)

    # What there is, in the order in which it starts.

    def commands(self):
        sim, office = str(self.programs / "kiosk-sim"), str(self.programs / "kiosk-office")
        listen = {name: f"127.0.0.1:{port}" for name, port in self.ports.items()}
        return {
            "validator": [sim, "validator", "--state", str(self.sim)],
            "billing": [sim, "bss", "--listen", listen["billing"], "--state", str(self.sim)],
            "network": [sim, "network", "--listen", listen["relay"], "--to", listen["office"], "--state", str(self.sim)],
            "office": [office, "serve", "--config", str(self.state / "office.yaml")],
            "kioskd": [str(self.programs / "kioskd"), "--config", str(self.state / "kioskd.yaml")],
        }

    def ready(self, name):
        if name == "validator":
            return (self.sim / "validator.tty").exists()
        if name == "kioskd":
            return self.fetch("screen", "/") is not None
        if name == "office":
            return self.fetch("desk", "/desk") is not None
        return self.listens({"billing": "billing", "network": "relay"}[name])

    def configure(self):
        """Writes both configuration files and the certificates, keeping certificates that are there."""
        (self.state / "kioskd.yaml").write_text(f"""\
kiosk:
  id: {KIOSK}
  site: Demonstration hall
  hotline: "10086"
  languages: [zh-Hans, en]
state: {self.state}/kiosk
profiles: {ROOT}/devices
devices:
  - class: billAcceptor
    profile: bill-acceptors/cashcode-sm
    link: {{ serial: {self.sim}/validator.tty }}
  - class: printer
    profile: printers/generic-80mm
    link: {{ cups: receipt }}
screen: {{ listen: "127.0.0.1:{self.ports['screen']}" }}
control: {self.state}/kiosk/control.sock
office:
  url: https://localhost:{self.ports['relay']}
  certificate: {self.state}/pki/{KIOSK}.pem
  key: {self.state}/pki/{KIOSK}.key
  trust: {self.state}/pki/ca.pem
""" + (f"limits: {json.dumps(self.limits)}\n" if self.limits else ""))
        (self.state / "office.yaml").write_text(f"""\
office:
  listen: 127.0.0.1:{self.ports['office']}
  desk: 127.0.0.1:{self.ports['desk']}
  database: {self.state}/office/office.sqlite
  certificate: {self.state}/pki/office.pem
  key: {self.state}/pki/office.key
  trust: {self.state}/pki/ca.pem
billing: {{ url: "http://127.0.0.1:{self.ports['billing']}" }}
""")
        self.call("kiosk-office", "certificates", "--directory", str(self.state / "pki"), "--kiosk", KIOSK)

    # Starting and stopping

    def start_all(self, tell=lambda line: None):
        # Whoever ends us ends what we started.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        for name, port in self.ports.items():
            if self.listens(name):
                raise Failure(f"port {port} ({name}) is taken; stop the other program or run with other ports")
        if self.paper:
            tell("private CUPS with the queue `receipt`")
            subprocess.run([ROOT / "scripts" / "cups", "start", self.state / "cups", self.sim / "printer"], check=True)
        self.configure()
        for name in self.commands():
            tell(name)
            self.start(name)

    def start(self, name, wait=20):
        log = open(self.state / "log" / f"{name}.log", "ab")
        environment = dict(os.environ, CUPS_SERVER=str(self.state / "cups" / "cups.sock"))
        environment.update(self.environment.get(name, {}))
        self.started[name] = time.monotonic()
        process = subprocess.Popen(
            self.commands()[name], stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment, start_new_session=True)
        self.running[name] = process

        def up():
            if process.poll() is not None:
                raise Failure(f"{name} ended at once (code {process.returncode}); its last words in {log.name}:\n"
                              + "\n".join(pathlib.Path(log.name).read_text(errors="replace").splitlines()[-8:]))
            return self.ready(name)

        if wait:
            until(up, wait, f"{name} to be ready (see {log.name})")

    def kill(self, name):
        """As a power cut does it: no warning, nothing written after."""
        process = self.running.pop(name)
        process.kill()
        process.wait()

    def stop(self, name):
        process = self.running.pop(name, None)
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop_all(self, tell=lambda line: None):
        for name in reversed(list(self.commands())):
            if name in self.running:
                tell(name)
                self.stop(name)
        if self.paper:
            subprocess.run([ROOT / "scripts" / "cups", "stop", self.state / "cups"], check=False)

    # Asking

    def call(self, program, *arguments, check=True):
        """Runs one of the programs to its end and returns what it printed."""
        result = subprocess.run([self.programs / program, *arguments], capture_output=True, text=True, timeout=120)
        if check and result.returncode != 0:
            raise Failure(f"{program} {' '.join(arguments)}: code {result.returncode}\n{result.stderr or result.stdout}")
        return result.stdout

    def simulate(self, *words):
        return self.call("kiosk-sim", *words, "--state", str(self.sim))

    def say(self, thing, sentence):
        """Says to a running part of kiosk-sim what its commands would say, without a program's start in between."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(10)
            line.connect(str(self.sim / f"{thing}.sock"))
            line.sendall(f"{sentence}\n".encode())
            answer = line.makefile(encoding="utf-8").readline().strip()
        if not answer.startswith("ok "):
            raise Failure(f"{thing}: {sentence}: {answer or 'no answer'}")
        return answer[3:]

    def listens(self, name):
        with socket.socket() as probe:
            probe.settimeout(0.5)
            return probe.connect_ex(("127.0.0.1", self.ports[name])) == 0

    def fetch(self, port, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[port]}{path}", timeout=5) as answer:
                return answer.read()
        except (urllib.error.URLError, OSError):
            return None

    def control(self, *words, check=True):
        """What the technician's tool answers, read."""
        control = str(self.state / "kiosk" / "control.sock")
        return json.loads(self.call("kioskctl", *words, "--json", "--control", control, check=check) or "{}")

    def kiosk_ledger(self):
        return self.control("ledger")

    def office_ledger(self):
        return json.loads(self.call("kiosk-office", "ledger", "--json", "--desk", f"http://127.0.0.1:{self.ports['desk']}"))

    def billing_ledger(self):
        return json.loads(self.fetch("billing", "/control/ledger") or b"{}")

    def truth(self):
        return json.loads(self.simulate("truth", "--json"))
