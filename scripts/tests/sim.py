#!/usr/bin/env python3
"""Drives the programs of kiosk-sim over their real ends: pseudo-terminal, sockets, HTTP, files and signals.

Usage: scripts/tests/sim.py [--programs DIR]
The frames are written out from the CCNET manual; nothing of the kiosk is used.
"""
import argparse
import fcntl
import http.client
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time
import tty

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from stack import ROOT, free_ports, until  # noqa: E402

BASE = "/tmf-api/prepayBalanceManagement/v4"


class World:
    def __init__(self, programs):
        self.program = str(pathlib.Path(programs) / "kiosk-sim")
        self.state = tempfile.mkdtemp(prefix="kiosk-sim-")
        self.ports = free_ports()
        self.started = []

    def start(self, *arguments):
        process = subprocess.Popen([self.program, *arguments, "--state", self.state], stderr=subprocess.DEVNULL)
        self.started.append(process)
        return process

    def say(self, *words, fails=False):
        result = subprocess.run([self.program, *words, "--state", self.state], capture_output=True, text=True, timeout=30)
        assert (result.returncode != 0) == fails, (words, result)
        return result.stderr if fails else result.stdout

    def truth(self):
        return json.loads(self.say("truth", "--json"))

    def path(self, name):
        return pathlib.Path(self.state, name)

    def ask(self, method, path, body=None, headers={}, port="billing", timeout=10):
        """Status, headers and JSON; or the name of the error."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[port], timeout=timeout)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            return answer.status, answer.headers, json.loads(text) if text else None
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__, None, None
        finally:
            connection.close()

    def top_up(self, order, number, amount, key=None, **way):
        body = ('{"amount":{"amount":%s,"units":"CNY"},"usageType":"monetary","bucket":{"id":"%s"},"partyAccount":{"id":"%s"},'
                '"logicalResource":[{"id":"%s","value":"%s"}],"payment":[{"id":"%s"}]}'
                % (amount, number, number, number, number, order))
        return self.ask("POST", BASE + "/topupBalance", body, {"Idempotency-Key": key or order}, **way)

    def end(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(self.state)


class Host:
    """A kiosk's end of the cable."""

    def __init__(self, path):
        self.file = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.file)
        # As a kiosk does; one that is killed never gives it back.
        fcntl.ioctl(self.file, termios.TIOCEXCL)

    def command(self, *data):
        os.write(self.file, frame(*data))
        ready, _, _ = select.select([self.file], [], [], 0.5)
        return os.read(self.file, 300)[3:-2] if ready else b""

    def poll(self):
        answer = self.command(0x33)
        if answer:
            os.write(self.file, frame(0x00))
        time.sleep(0.03)
        return answer

    def poll_until(self, status):
        until(lambda: self.poll() == bytes(status), 20, f"status {bytes(status).hex()}")


def frame(*data):
    body = bytes([0x02, 0x03, len(data) + 5, *data])
    check = 0
    for byte in body:
        check ^= byte
        for _ in range(8):
            check = (check >> 1) ^ 0x8408 if check & 1 else check >> 1
    return body + check.to_bytes(2, "little")


def validator_serves_a_host_that_comes_and_goes(world):
    tty_path = world.path("validator.tty")
    process = world.start("validator")
    until(tty_path.exists, 10, "the validator's terminal")
    host = Host(tty_path)
    host.poll_until([0x10])
    assert host.command(0x30) == b"\x00"
    host.poll_until([0x19])
    host.command(0x34, 0, 0, 0x3F, 0, 0, 0x3F)
    world.say("notes", "50", "20")
    for code in (4, 3):
        host.poll_until([0x80, code])
        assert host.command(0x35) == b"\x00"
        host.poll_until([0x81, code])
    assert world.truth()["cassette"] == {"2000": 1, "5000": 1}
    talk = [line.split(" ", 1)[1] for line in world.path("validator.log").read_text().splitlines()]
    assert [line for line in talk if line in ("> 35", "< 81 04", "< 81 03", "> 00")] == ["> 35", "< 81 04", "> 00", "> 35", "< 81 03", "> 00"], talk
    os.close(host.file)
    host = Host(tty_path)
    host.poll_until([0x14])

    world.say("power", "cut")
    assert host.poll() == b""
    world.say("power", "restore")
    host.poll_until([0x10])
    world.say("unplug")
    assert not os.path.lexists(tty_path)
    os.close(host.file)
    world.say("plug")
    until(tty_path.exists, 5, "the cable to be back")
    Host(tty_path).poll_until([0x10])
    assert "expected one of" in world.say("fault", "fire", fails=True)
    assert "another one runs here" in world.say("validator", fails=True)

    process.kill()
    process.wait()
    assert "kiosk-sim validator" in world.say("notes", "50", fails=True)
    assert world.truth()["cassette"] == {"2000": 1, "5000": 1}, "read from its memory"


def validator_killed_while_stacking_keeps_the_note(world):
    tty_path = world.path("validator.tty")
    process = world.start("validator")
    until(lambda: world.path("validator.sock").exists() and tty_path.exists(), 10, "the validator")
    host = Host(tty_path)
    host.poll_until([0x10])
    host.command(0x30)
    host.poll_until([0x19])
    host.command(0x34, 0, 0, 0x3F, 0, 0, 0x3F)
    before = world.truth()["cassette"]
    world.say("notes", "100")
    host.poll_until([0x80, 5])
    host.command(0x35)
    until(lambda: world.truth()["place"] == "stacker", 5, "the note to be past the validator")
    process.kill()
    process.wait()
    os.close(host.file)

    process = world.start("validator")
    until(tty_path.exists, 10, "the validator")
    time.sleep(0.7)
    host = Host(tty_path)
    host.poll_until([0x12])
    host.command(0x30)
    host.poll_until([0x81, 5])
    assert world.truth()["cassette"] == before | {"10000": 1}
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0
    assert not os.path.lexists(tty_path) and not world.path("validator.sock").exists()


def billing_books_once_and_forgets_nothing(world):
    listen = f"127.0.0.1:{world.ports['billing']}"
    process = world.start("bss", "--listen", listen)
    until(lambda: world.ask("GET", "/control/ledger")[0] == 200, 10, "the billing system")
    status, _, booked = world.top_up("K-1", "13800138000", "70.00")
    assert status == 201 and booked["status"] == "completed"
    assert world.top_up("K-1", "13800138000", "70")[2]["id"] == booked["id"]
    assert world.top_up("K-1", "13800138000", "70.01")[0] == 409
    assert world.top_up("K-1", "13900139000", "70.00")[0] == 409
    assert world.top_up("K-2", "19900001234", "5")[0] == 404
    for amount in ("1.005", "-1", "1e2", '"70"', "0", "null"):
        assert world.top_up("K-2", "13900139000", amount)[0] == 400, amount
    assert world.top_up("K-2", "1390013900", "5")[0] == 400
    assert world.top_up("K-2", "13900139000", "5", key="K-3")[0] == 400
    assert world.ask("POST", BASE + "/topupBalance", "x" * 20000)[0] == 413
    assert world.ask("POST", BASE + "/topupBalance", "{")[0] == 400
    status, headers, found = world.ask("GET", BASE + "/topupBalance?payment.id=K-1")
    assert len(found) == 1 and headers["X-Total-Count"] == "1"
    assert world.ask("GET", BASE + "/topupBalance?payment.id=K-9")[2] == []
    bucket = world.ask("GET", BASE + "/bucket?logicalResource.id=13900139000")[2][0]
    assert bucket["partyAccount"]["name"] == "李*" and bucket["remainingValue"]["amount"] == -35.6

    world.say("bss-mode", "cut-after")
    assert world.top_up("K-4", "13700137000", "0.07")[0] == "RemoteDisconnected"
    assert len(world.ask("GET", BASE + "/topupBalance?payment.id=K-4")[2]) == 1
    world.say("bss-mode", "down")
    until(lambda: world.top_up("K-5", "13700137000", "20")[0] == "ConnectionRefusedError", 5, "nobody to listen")
    world.say("bss-mode", "refuses")
    until(lambda: world.ask("GET", "/control/ledger")[0] == 200, 5, "the billing system to be back")
    assert world.top_up("K-5", "13700137000", "20")[0] == 422
    world.say("bss-mode", "normal")

    ledger = world.ask("GET", "/control/ledger")[2]
    process.kill()
    process.wait()
    with open(world.path("bss.jsonl"), "a", encoding="utf-8") as log:
        log.write('{"order":"torn')
    process = world.start("bss", "--listen", listen)
    until(lambda: world.ask("GET", "/control/ledger")[0] == 200, 10, "the billing system")
    after = world.ask("GET", "/control/ledger")[2]
    assert after["orders"] == ledger["orders"] and after["totalFen"] == 7007
    assert after["postings"] == {"K-1": 1, "K-4": 1}
    assert "138****8000" == after["orders"][0]["number"]
    assert world.top_up("K-5", "13700137000", "20")[0] == 422, "a refusal stays"


def network_goes_down_and_comes_back(world):
    process = world.start("network", "--listen", f"127.0.0.1:{world.ports['relay']}",
                          "--to", f"127.0.0.1:{world.ports['billing']}")
    through = lambda: world.ask("GET", "/control/ledger", port="relay")[0]  # noqa: E731
    until(lambda: through() == 200, 10, "the relay")
    kept = http.client.HTTPConnection("127.0.0.1", world.ports["relay"], timeout=5)
    kept.request("GET", "/control/ledger")
    kept.getresponse().read()
    world.say("network", "down")
    assert through() == "ConnectionRefusedError"
    try:
        kept.request("GET", "/control/ledger")
        raise AssertionError(f"the open connection still works: {kept.getresponse().status}")
    except (OSError, http.client.HTTPException):
        pass
    world.say("network", "up")
    assert through() == 200
    began = time.monotonic()
    world.say("network", "slow")
    assert through() == 200 and time.monotonic() - began > 1
    world.say("network", "mute")
    assert world.top_up("K-9", "13800138000", "5", port="relay", timeout=1)[0] == "TimeoutError", "the answer is lost"
    assert "K-9" in world.ask("GET", "/control/ledger")[2]["postings"], "and the order was heard"
    world.say("network", "up")
    assert through() == 200
    world.say("network", "sideways", fails=True)
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0


def printer_conditions_and_receipts(world):
    conditions = world.path("printer/conditions")
    world.say("fault", "paper-out")
    world.say("fault", "printer-jam")
    world.say("fault", "paper-out")
    assert conditions.read_text().split() == ["jam", "paper-out"]
    world.say("clear", "paper-out")
    assert conditions.read_text().split() == ["jam"]
    assert "expected a job" in world.say("receipt", fails=True)
    for job, text in ((9, "old"), (10, "充值")):
        world.path(f"printer/job-{job}.bin").write_bytes(
            b"\x1b@\x1ba\x01\x1c&" + text.encode("gb18030") + b"\n\x1c.\x1dVB\x00")
    assert world.say("receipt").split("\n")[0].strip() == "充值"


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--programs", default=os.environ.get("KIOSK_PROGRAMS") or ROOT / ".build" / "debug")
    world = World(options.parse_args().programs)
    try:
        for test in (validator_serves_a_host_that_comes_and_goes, validator_killed_while_stacking_keeps_the_note,
                     billing_books_once_and_forgets_nothing, network_goes_down_and_comes_back,
                     printer_conditions_and_receipts):
            test(world)
            print(f"sim: {test.__name__.replace('_', ' ')}", flush=True)
    finally:
        world.end()


if __name__ == "__main__":
    main()
