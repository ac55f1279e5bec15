#!/usr/bin/env python3
"""The whole top-up in a real Chromium at 1080 x 1920, in Chinese and in English, while notes go into the virtual acceptor.

Usage: scripts/tests/browser.py [--state DIR] [--pictures DIR] [--without-paper]
Keeps a picture of every screen; fails when the outcome says another amount or slip number than the kiosk's books, or
when an input for a screen that is gone changes anything.
"""
import argparse
import pathlib
import re
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from stack import ROOT, Failure, Stack, free_ports, until  # noqa: E402
from webdriver import Browser  # noqa: E402

NUMBERS = {"zh-Hans": "13800138000", "en": "13900139000"}
NOTES = [50, 20]
# What a customer sees that may not take longer.
SCREEN_SECONDS = 15
NOTE_SECONDS = 30
TOUCH_SECONDS = 3
TOUCHES_MAX = 4


class Customer:
    """A person before the screen: looks, touches, and keeps a picture of what was seen."""

    def __init__(self, browser, language, pictures):
        self.browser, self.language, self.pictures = browser, language, pictures
        self.seen = 0

    def there(self, css):
        return self.browser.run("return document.querySelector(arguments[0]) !== null", css)

    def text(self, css):
        return self.browser.run("return document.querySelector(arguments[0])?.innerText ?? null", css)

    def screen(self):
        return self.browser.run("return [document.body.dataset.screen, Number(document.body.dataset.screenId)]")

    def sees(self, *names):
        """Waits until one of these screens takes touches, keeps its picture, and returns its name."""
        def shown():
            name = self.screen()[0]
            return name if name in names and self.there("body[data-ready=yes]") else None
        try:
            name = until(shown, SCREEN_SECONDS, f"the screen {' or '.join(names)} ({self.language})")
        except Failure as failure:
            raise Failure(f"{failure}; it shows {self.screen()}") from failure
        self.photograph(name)
        raw = re.findall(r"\b[a-z][A-Za-z]+\.[a-zA-Z][\w.-]*[a-zA-Z]\b", self.text("main") + "\n" + (self.text("nav") or ""))
        if raw:
            raise Failure(f"{name} ({self.language}): expected words, got the keys {raw}")
        return name

    def photograph(self, name):
        self.seen += 1
        self.browser.screenshot(self.pictures / f"{self.language}-{self.seen:02}-{name}.png")

    def touches(self, css):
        """A touch that counts: enabled, uncovered, and of a screen that takes touches."""
        until(lambda: self.there(f"body[data-ready=yes] {css}:enabled"), SCREEN_SECONDS, f"{css} to be touchable")
        self.browser.click(css)

    def chooses(self, choice):
        """Touches until it counted: a touch that meets a change of the screen (a receipt's news) is not taken."""
        name = self.screen()[0]
        for _ in range(TOUCHES_MAX):
            self.touches(f"[data-choice='{choice}']")
            try:
                return until(lambda: self.screen()[0] != name, TOUCH_SECONDS, f"{choice} to count")
            except Failure:
                continue
        raise Failure(f"{name} ({self.language}): touched {choice} {TOUCHES_MAX} times in vain")

    def types(self, digits):
        for digit in digits:
            self.touches(f"[data-key='{digit}']")
        shown = self.text(".display")
        if re.sub(r"\D", "", shown) != digits:
            raise Failure(f"keypad ({self.language}): typed {digits}, it shows {shown!r}")

    def inputs(self, screen, choice):
        """An input as the page sends it, for whatever screen; returns the status and the answer."""
        return self.browser.run("""
            return fetch('/screen', {method: 'POST', body: JSON.stringify({screen: arguments[0], choice: arguments[1]})})
                .then(async (answer) => [answer.status, await answer.text()]);""", screen, choice)


def top_up(stack, browser, language, pictures):
    customer = Customer(browser, language, pictures)
    customer.sees("attract")
    first = customer.screen()[1]
    customer.chooses("start")
    customer.sees("language")
    customer.chooses(language)
    customer.sees("service")
    if browser.run("return document.documentElement.lang") != language:
        raise Failure(f"expected the page in {language}")
    refuse_stale(customer, first)
    customer.chooses("topUp")
    customer.sees("number")
    customer.types(NUMBERS[language][:-1])
    customer.touches("[data-key=ok]")
    until(lambda: customer.there(".complaint:not([hidden])"), SCREEN_SECONDS, "the complaint about a number too short")
    customer.photograph("number")
    customer.touches(f"[data-key='{NUMBERS[language][-1]}']")
    customer.touches("[data-key=ok]")
    customer.sees("confirmNumber")
    if re.sub(r"\D", "", customer.text(".facts dd")) != NUMBERS[language]:
        raise Failure(f"confirmNumber ({language}): expected {NUMBERS[language]}, got {customer.text('.facts dd')}")
    customer.chooses("confirm")
    customer.sees("account")
    until(lambda: customer.there("[data-choice=continue]:enabled"), SCREEN_SECONDS, "the account or an honest 'cannot check'")
    customer.photograph("account")
    customer.chooses("continue")
    customer.sees("insertNotes")
    insert(stack, customer)
    customer.chooses("finish")
    see_outcome(stack, customer)
    customer.chooses("done")
    customer.sees("rating")
    customer.chooses("5")
    customer.sees("goodbye")
    customer.chooses("done")
    customer.sees("attract")
    leave_nothing(customer)


def insert(stack, customer):
    if customer.there("[data-choice=finish]:enabled"):
        raise Failure("insertNotes: expected no finishing before the first note")
    total = 0
    for note in NOTES:
        stack.simulate("notes", str(note))
        total += note * 100
        until(lambda: customer.there(f"[data-amount='{total}']"), NOTE_SECONDS, f"{total} fen on the screen")
        customer.photograph("insertNotes")
    if customer.there("[data-choice=quit]"):
        raise Failure("insertNotes: expected finish only once a note is stacked")


def see_outcome(stack, customer):
    if customer.sees("finishing", "outcome") == "finishing":
        customer.sees("outcome")
    total = sum(NOTES) * 100
    order = stack.kiosk_ledger()["orders"][-1]
    if order["fen"] != total:
        raise Failure(f"books: expected an order of {total} fen, got {order['fen']}")
    if not customer.there(f"[data-amount='{total}']"):
        raise Failure(f"outcome ({customer.language}): expected {total} fen on the screen")
    slip = f"{order['slip'][:4]} {order['slip'][4:8]} {order['slip'][8:]}"
    if slip not in customer.text(".facts"):
        raise Failure(f"outcome ({customer.language}): expected slip {slip}, got {customer.text('.facts')!r}")


def refuse_stale(customer, stale):
    # Its number may change by itself (a service comes or goes); where the customer is may not.
    before = customer.screen()[0]
    status, answer = customer.inputs(stale, "start")
    if status != 409 or '"gone"' not in answer:
        raise Failure(f"input for a screen that is gone: expected 409, got {status} {answer}")
    if customer.screen()[0] != before:
        raise Failure(f"input for a screen that is gone: expected {before} to stay, it shows {customer.screen()}")


def leave_nothing(customer):
    """The next person finds nothing of the last one in the document."""
    number = NUMBERS[customer.language]
    page = re.sub(r"\D", "", customer.browser.run("return document.documentElement.outerHTML"))
    if number in page:
        raise Failure("attract: expected no phone number left in the page")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--state", type=pathlib.Path)
    options.add_argument("--pictures", type=pathlib.Path, default=ROOT / "artifacts" / "screens")
    options.add_argument("--without-paper", action="store_true")
    options = options.parse_args()
    options.pictures.mkdir(parents=True, exist_ok=True)
    for old in options.pictures.glob("*.png"):
        old.unlink()
    state = options.state or pathlib.Path(tempfile.mkdtemp(prefix="kiosk-browser-"))
    stack = Stack(state, free_ports(), paper=not options.without_paper)
    browser = None
    try:
        stack.start_all()
        browser = Browser()
        browser.open(f"http://127.0.0.1:{stack.ports['screen']}/")
        for language in NUMBERS:
            top_up(stack, browser, language, options.pictures)
            print(f"browser: a whole top-up in {language}", flush=True)
    except (Failure, RuntimeError):
        if browser:
            browser.screenshot(options.pictures / "failure.png")
        print(f"browser: state kept in {state}", file=sys.stderr)
        raise
    finally:
        if browser:
            browser.close()
        stack.stop_all()
    if not options.state:
        shutil.rmtree(state)
    count = len(list(options.pictures.glob("*.png")))
    print(f"browser: both top-ups agree with the books; {count} pictures in {options.pictures}")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        raise SystemExit(f"browser: {failure}") from failure
