# SPDX-License-Identifier: BSD-2-Clause
"""webdriver.py - a browser for tests: chromedriver spoken to as the W3C says, no package.

    with Browser(width=1200, height=900) as b:
        b.open("file:///...")
        b.run("return document.title")
        b.find("#filter").click()
"""
import base64
import json
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--disable-dev-shm-usage",
]
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Left": "\ue012", "Right": "\ue014", "Space": " "}


class Element:
    def __init__(self, browser, ident):
        self.browser, self.ident = browser, ident

    def click(self):
        self.browser.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", self)
        self.browser.call("POST", f"element/{self.ident}/click", {})

    def keys(self, text):
        self.browser.call("POST", f"element/{self.ident}/value", {"text": text})

    def json(self):
        return {ELEMENT: self.ident}


class Browser:
    def __init__(self, width, height, dark=False, driver="chromedriver", mobile=False):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.profile = tempfile.TemporaryDirectory()
        self.driver = subprocess.Popen([driver, f"--port={self.port}"], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        self.base = f"http://127.0.0.1:{self.port}/"
        self.session = None
        self._wait_for_driver()
        options = {"args": ARGUMENTS + [f"--user-data-dir={self.profile.name}", f"--window-size={width},{height}"]}
        if dark:
            options["args"].append("--blink-settings=preferredColorScheme=0")
        if mobile:
            options["mobileEmulation"] = {"deviceMetrics": {"width": width, "height": height, "pixelRatio": 2}}
        answer = self._request("POST", "session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}})
        self.session = answer["sessionId"]

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        try:
            if self.session:
                self._request("DELETE", f"session/{self.session}", None)
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.profile.cleanup()

    def _wait_for_driver(self):
        for _ in range(200):
            try:
                self._request("GET", "status", None)
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("chromedriver does not answer")

    def _request(self, method, path, body):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from None

    def call(self, method, path, body=None):
        return self._request(method, f"session/{self.session}/{path}", body)

    def open(self, url):
        self.call("POST", "url", {"url": url})

    def run(self, script, *arguments):
        arguments = [a.json() if isinstance(a, Element) else a for a in arguments]
        return self.call("POST", "execute/sync", {"script": script, "args": arguments})

    def find(self, selector):
        return Element(self, self.call("POST", "element", {"using": "css selector", "value": selector})[ELEMENT])

    def press(self, *keys):
        """Keys go to whatever has the focus."""
        actions = []
        for key in keys:
            key = KEYS.get(key, key)
            actions += [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.call("POST", "actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def log(self, kind):
        return self.call("POST", "se/log", {"type": kind})

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("GET", "screenshot")))
