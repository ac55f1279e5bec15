"""A WebDriver client of the few calls our tests need. Source: W3C WebDriver, 2018-06-05 (sections in brackets)."""
import base64
import json
import shutil
import socket
import subprocess
import urllib.error
import urllib.request

from stack import until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # web element identifier [11]


class Browser:
    """One headless Chromium with a portrait window of exactly 1080 x 1920 CSS pixels."""

    def __init__(self, width=1080, height=1920):
        driver = shutil.which("chromedriver")
        chromium = shutil.which("chromium")
        if not driver or not chromium:
            raise SystemExit("browser: expected chromium and chromedriver; install them with scripts/setup test")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.session = None
        until(lambda: self._ready(), 20, "chromedriver to answer")
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage",
                     f"--window-size={width},{height}"]
        answer = self._call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": {"binary": chromium, "args": arguments}}}})
        self.session = answer["sessionId"]
        # The window includes the browser's own chrome; the page must measure 1080 x 1920.
        self._session("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}})

    def _ready(self):
        try:
            return self._call("GET", "/status")["ready"]
        except OSError:
            return False

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, method=method,
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.read().decode()[:400]}") from error

    def _session(self, method, path, body=None):
        return self._call(method, f"/session/{self.session}{path}", body)

    def open(self, url):
        self._session("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self._session("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def click(self, css):
        """A real click at the element's centre [12.5.1]: covered or disabled elements fail, as for a finger.

        The page may draw the element anew between finding and touching it; then it is found again.
        """
        for attempt in range(10):
            element = self._session("POST", "/element", {"using": "css selector", "value": css})[ELEMENT]
            try:
                self._session("POST", f"/element/{element}/click", {})
                return
            except RuntimeError as error:
                if "stale element reference" not in str(error) or attempt == 9:
                    raise

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self._session("GET", "/screenshot")))

    def close(self):
        try:
            if self.session:
                self._session("DELETE", "")
        finally:
            self.process.terminate()
            self.process.wait(10)

