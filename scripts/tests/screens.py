#!/usr/bin/env python3
"""Shows the page every kind of screen in both languages, keeps a picture of each, and measures it.

Usage: scripts/tests/screens.py [--pictures DIR] [--only NAME]
Needs no kiosk: the page is served from Sources/WebAssets with sample screens. Fails when something is cut off,
overlaps, leaves the window, is too small for a finger, or is a text key without a text.
"""
import argparse
import http.server
import json
import pathlib
import queue
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from stack import ROOT, Failure, until  # noqa: E402
from webdriver import Browser  # noqa: E402

ASSETS = ROOT / "Sources" / "WebAssets"
PHONE, SLIP = "138 0013 8000", "1234 5600 0042"
LANGUAGES = ["zh-Hans", "en"]


def text(key, **gaps):
    return {"key": key, "gaps": {"digits": "11", **gaps}}


def choice(name, weight="plain", unavailable=None):
    return {"id": name, "label": text(f"choice.{name}"), "weight": weight,
            "unavailable": unavailable and text(unavailable)}


def fact(label, value):
    return {"label": text(f"fact.{label}"), "value": value}


def pad(field, digits, groups, complaint=None):
    return {"field": field, "digits": digits, "groups": groups, "complaint": complaint and text(complaint)}


def screen(name, title=None, **parts):
    return {"name": name, "title": text(title or f"{name}.title"), "body": [], "facts": [], "choices": [],
            "keypad": None, "amount": None, "denominations": [], "secondsLeft": None, **parts}


NOTES = [1000, 2000, 5000, 10000]
QUIT = choice("quit", "quiet")
LATER = "insertNotes.finishLater"


def samples():
    """File name to screen; several of one kind where it looks different."""
    number, masked = fact("number", PHONE), fact("number", "138****8000")
    name, slip = fact("name", "张*明"), fact("slip", SLIP)
    limits = {"minimum": "¥10.00", "maximum": "¥500.00"}
    rules = [text("insertNotes.body.noChange"), text("insertNotes.body.limits", **limits)]
    bad_day = [text("insertNotes.body.moving"), text("insertNotes.body.returned.overMaximum", maximum="¥500.00"),
               text("insertNotes.body.doubtful", amount="¥50.00"), text("insertNotes.body.recovered"),
               text("insertNotes.body.noChange"), text("hindrance.paperOut"), text("insertNotes.body.noReceipt")]
    outcome = {"facts": [slip, masked], "choices": [choice("done", "primary"), choice("copy")]}
    doubt = text("outcome.body.doubtful", amount="¥50.00", hotline="10086")
    known = [choice("continue", "primary"), choice("change"), QUIT]
    stars = [choice(str(each)) for each in range(1, 6)] + [choice("skip", "quiet")]
    services = [choice("claim"), QUIT]
    return {
        "attract": screen("attract", choices=[choice("start", "primary")], body=[text("attract.body.touch")]),
        "language": screen("language", choices=[choice("zh-Hans"), choice("en")]),
        "service": screen("service", choices=[choice("topUp", "primary")] + services),
        "service-full": screen("service", choices=[choice("topUp", "primary", "hindrance.cassetteFull")] + services),
        "number": screen("number", keypad=pad("number", 11, [3, 4, 4]), choices=[QUIT]),
        "number-typed": screen("number", keypad=pad("number", 11, [3, 4, 4]), choices=[QUIT]),
        "number-wrong": screen("number", keypad=pad("number", 11, [3, 4, 4], "complaint.unknownPrefix"), choices=[QUIT]),
        "confirmNumber": screen("confirmNumber", facts=[number],
                                choices=[choice("confirm", "primary"), choice("change"), QUIT]),
        "account-asking": screen("account", body=[text("account.body.asking")], facts=[number],
                                 choices=[choice("change"), QUIT]),
        "account": screen("account", body=[text("account.body.found")],
                          facts=[number, name, fact("balance", "¥12.50")], choices=known),
        "account-arrears": screen("account", body=[text("account.body.found")],
                                  facts=[number, name, fact("arrears", "¥35.20")], choices=known),
        "account-unavailable": screen("account", body=[text("account.body.unavailable")], facts=[number], choices=known),
        "account-notFound": screen("account", body=[text("account.body.notFound")], facts=[number],
                                   choices=[choice("change", "primary"), QUIT]),
        "insertNotes-first": screen("insertNotes", body=rules, facts=[masked, fact("arrears", "¥35.20")], amount=0,
                                    denominations=NOTES, choices=[choice("finish", "primary", LATER), QUIT]),
        "insertNotes": screen("insertNotes", body=rules[:1], facts=[masked], amount=7000, denominations=NOTES,
                              choices=[choice("finish", "primary")]),
        "insertNotes-refused": screen("insertNotes", facts=[masked], amount=5000, denominations=NOTES,
                                      body=[text("insertNotes.body.refused.unrecognized"), rules[0]],
                                      choices=[choice("finish", "primary")]),
        "insertNotes-full": screen("insertNotes", facts=[masked], amount=50000, denominations=[],
                                   body=[text("insertNotes.body.full", maximum="¥500.00"), rules[0]],
                                   choices=[choice("finish", "primary")]),
        "insertNotes-bad-day": screen("insertNotes", body=bad_day, amount=45000, denominations=NOTES[:3],
                                      facts=[masked, fact("arrears", "¥35.20"), fact("doubtful", "¥50.00")],
                                      choices=[choice("finish", "primary")]),
        "needMoreTime": screen("needMoreTime", choices=[choice("more", "primary"), choice("end")], secondsLeft=10),
        "needMoreTime-money": screen("needMoreTime", body=[text("needMoreTime.body.pays")], amount=7000, secondsLeft=30,
                                     choices=[choice("more", "primary"), choice("end")]),
        "finishing": screen("finishing", body=[text("finishing.body.note")], amount=7000),
        "outcome": screen("outcome", amount=7000, **outcome, body=[
            text("state.credited"), text("outcome.body.receipt.sent")]),
        "outcome-queued": screen("outcome", amount=7000, **outcome, body=[
            text("state.queued"), text("outcome.body.queued"), text("outcome.body.receipt.printing")]),
        "outcome-bad-day": screen("outcome", amount=7000, choices=outcome["choices"], body=[
            text("state.refused"), text("refund.how", hotline="10086"), doubt, text("outcome.body.receipt.failed"),
            text("hindrance.paperOut"), text("outcome.body.noteSlip")], facts=[slip, masked, fact("doubtful", "¥50.00")]),
        "rating": screen("rating", choices=stars),
        "goodbye": screen("goodbye", body=[text("goodbye.body.belongings")], choices=[choice("done", "primary")]),
        "claimSlip": screen("claimSlip", keypad=pad("slip", 12, [4, 4, 4]), choices=[QUIT], body=[text("claimSlip.body.where")]),
        "claimSlip-wrong": screen("claimSlip", keypad=pad("slip", 12, [4, 4, 4], "complaint.wrongSlip"), choices=[QUIT],
                                  body=[text("claimSlip.body.where")]),
        "claimNumber": screen("claimNumber", keypad=pad("number", 11, [3, 4, 4]), choices=[QUIT]),
        "claimAnswer": screen("claimAnswer", facts=[slip], amount=7000, choices=[choice("done", "primary")],
                              body=[text("state.checking"), text("claimAnswer.body.hotline", hotline="10086")]),
        "claimAnswer-notFound": screen("claimAnswer", facts=[slip], choices=[choice("done", "primary")], body=[
            text("claimAnswer.body.notFound"), text("claimAnswer.body.hotline", hotline="10086")]),
        "outOfService": screen("outOfService", body=[text("outOfService.body.hotline", hotline="10086")]),
        "outOfService-money": screen("outOfService", amount=7000, facts=[slip], body=[
            text("outOfService.body.money"), text("outOfService.body.hotline", hotline="10086")]),
    }


class Page(http.server.BaseHTTPRequestHandler):
    """Serves the page's files and, as the stream, whatever is put into `screens`."""
    files = {"/": "www/screen.html", "/screen.css": "www/screen.css", "/screen.js": "www/screen.js",
             "/texts/zh-Hans.json": "texts/zh-Hans.json", "/texts/en.json": "texts/en.json"}
    screens = queue.Queue()

    def do_GET(self):
        if self.path == "/screen":
            return self.stream()
        name = self.files.get(self.path)
        if name is None:
            return self.send_error(404)
        body = (ASSETS / name).read_text()
        if self.path == "/":
            body = body.replace("{site}", "南京西路营业厅").replace("{hotline}", "10086")
        self.answer(body.encode(), {".html": "text/html", ".css": "text/css", ".js": "text/javascript",
                                    ".json": "application/json"}[pathlib.Path(name).suffix])

    def answer(self, body, kind):
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Security-Policy", "default-src 'self'")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        while True:
            shown = self.screens.get()
            if shown is None:
                return
            self.wfile.write(f"id: {shown['id']}\ndata: {json.dumps(shown)}\n\n".encode())
            self.wfile.flush()

    def log_message(self, *arguments):
        pass


# What a person would see at once: cut text, overlapping parts, small targets, raw keys.
MEASURE = """
const wrong = [];
const box = (element) => element.getBoundingClientRect();
const name = (element) => `${element.tagName.toLowerCase()}.${element.className} "${element.textContent.slice(0, 24)}"`;
const seen = [...document.querySelectorAll('body *')].filter((each) =>
  each.checkVisibility() && !each.closest('svg') && !each.closest('.mouth') && box(each).width > 0);
for (const each of seen) {
  const place = box(each);
  if (place.left < -1 || place.right > innerWidth + 1 || place.top < -1 || place.bottom > innerHeight + 1)
    wrong.push(`leaves the window: ${name(each)}`);
  if (each.scrollWidth > each.clientWidth + 2 && each.clientWidth > 0 && getComputedStyle(each).display !== 'inline')
    wrong.push(`cut off at the side: ${name(each)}`);
  if (each.matches('button') && (place.width < 96 || place.height < 96)) wrong.push(`small target: ${name(each)}`);
}
const stage = box(document.querySelector('main'));
const parts = [...document.querySelectorAll('main > .part')].filter((each) => each.checkVisibility());
for (const part of parts)
  if (part.scrollHeight > part.clientHeight + 24 || box(part).bottom > stage.bottom + 1 || box(part).top < stage.top - 1)
    wrong.push(`does not fit the stage: ${name(part)}`);
for (const [index, one] of parts.entries())
  for (const two of parts.slice(index + 1)) {
    if (one.matches('.clock') || two.matches('.clock')) continue;
    if (box(two).top < box(one).bottom - 1) wrong.push(`overlap: ${name(one)} and ${name(two)}`);
  }
const raw = document.body.innerText.match(/\\b[a-zA-Z]+\\.[a-zA-Z][a-zA-Z.-]*[a-zA-Z]\\b/g);
if (raw) wrong.push(`no text for ${raw.join(', ')}`);
return wrong;
"""


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--pictures", type=pathlib.Path, default=ROOT / "artifacts" / "samples")
    options.add_argument("--only")
    options = options.parse_args()
    options.pictures.mkdir(parents=True, exist_ok=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser = Browser()
    try:
        browser.open(f"http://127.0.0.1:{server.server_port}/")
        wrong = look_at_all(browser, options)
    finally:
        Page.screens.put(None)
        browser.close()
        server.shutdown()
    for line in wrong:
        print(f"screens: {line}")
    if wrong:
        raise SystemExit(f"screens: {len(wrong)} faults; pictures in {options.pictures}")
    print(f"screens: nothing cut off, nothing overlaps; pictures in {options.pictures}")


def look_at_all(browser, options):
    wrong, number = [], 0
    for language in LANGUAGES:
        for file, shown in samples().items():
            if options.only and not file.startswith(options.only):
                continue
            number += 1
            Page.screens.put({**shown, "id": number, "language": language})
            ready = f"body[data-screen-id='{number}'][data-ready=yes]"
            until(lambda: browser.run(f"return document.querySelector(\"{ready}\") !== null"), 10, f"{file} to be shown")
            if file in ("number-typed", "number-wrong"):
                for key in "1230013":
                    browser.click(f"[data-key='{key}']")
            browser.screenshot(options.pictures / f"{language}-{file}.png")
            wrong += [f"{language} {file}: {each}" for each in browser.run(MEASURE)]
        wrong += lose_kiosk(browser, options, language)
    return wrong


def lose_kiosk(browser, options, language):
    """The stream ends under the last screen: the page says so, and keeps nothing that was on it."""
    Page.screens.put(None)
    until(lambda: browser.run("return !document.querySelector('#curtain').hidden"), 10, "the curtain to fall")
    browser.screenshot(options.pictures / f"{language}-curtain.png")
    left = browser.run("return document.querySelector('main').innerText + document.querySelector('nav').innerText")
    return [f"{language} curtain: left in the page: {left!r}"] if left else []


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        raise SystemExit(f"screens: {failure}") from failure
