"""Firefox and WebKit as a person uses them, by the protocols that they speak themselves: keys, clicks, the clipboard.

Firefox speaks WebDriver BiDi (w3.org/TR/webdriver-bidi) without a driver of its own, WebKit the older
WebDriver (w3.org/TR/webdriver2) through WebKitWebDriver. Both take the same lists of actions.
"""

import json
import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import websocket

from tests.ports import free_port

Action = Mapping[str, object]
SECONDS = 20
# code points that the two protocols give to keys without a letter
KEYS = {
    "Enter": "\ue007", "Escape": "\ue00c", "Control": "\ue009", "Shift": "\ue008", "Tab": "\ue004",
    "ArrowDown": "\ue015", "Delete": "\ue017",
}  # fmt: skip


def pointer_at(x: int, y: int, kind: str) -> Action:
    """A press of a mouse or a finger at this place of the window."""
    steps = [
        {"type": "pointerMove", "x": x, "y": y},
        {"type": "pointerDown", "button": 0},
        {"type": "pointerUp", "button": 0},
    ]
    return {"type": "pointer", "id": kind, "parameters": {"pointerType": kind}, "actions": steps}


class Browser(Protocol):
    """One window."""

    def go(self, address: str) -> None:
        """Open an address and wait until it is loaded."""

    def run(self, script: str) -> Any:
        """The value of an expression of the page, as JSON has it."""

    def act(self, sources: Sequence[Action]) -> None:
        """Keys and pointers, one list of actions for each of them."""

    def compose(self, *texts: str) -> None:
        """As an input method does it: each text takes the place of the one before, the last one stays."""

    def tap(self, x: int, y: int) -> None:
        """By a finger."""

    def resize(self, width: int, height: int) -> None:
        """The page's own size, in its pixels, as near as the browser allows."""


class Firefox:
    """By WebDriver BiDi over its websocket."""

    def __init__(self, address: str) -> None:
        self._socket = websocket.create_connection(
            f"{address}/session", timeout=SECONDS, suppress_origin=True
        )
        self._number = 0
        self.send("session.new", capabilities={})
        self._context = self.send("browsingContext.getTree")["contexts"][0]["context"]

    def send(self, method: str, **parameters: object) -> Any:
        """The result of a command; events that come before it are passed over."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        self._socket.send(json.dumps(command))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == self._number:
                assert answer["type"] == "success", answer
                return answer["result"]

    def go(self, address: str) -> None:
        self.send("browsingContext.navigate", context=self._context, url=address, wait="complete")

    def run(self, script: str) -> Any:
        return self._run_in({"context": self._context}, script)

    def act(self, sources: Sequence[Action]) -> None:
        self.send("input.performActions", context=self._context, actions=sources)

    def tap(self, x: int, y: int) -> None:
        self.act([pointer_at(x, y, "touch")])

    def resize(self, width: int, height: int) -> None:
        size = {"width": width, "height": height}
        self.send("browsingContext.setViewport", context=self._context, viewport=size)

    def compose(self, *texts: str) -> None:
        """As an input method does it: each text takes the place of the one before, the last one stays."""
        tree = self.send("browsingContext.getTree", **{"moz:scope": "chrome"})
        frame = {"context": tree["contexts"][0]["context"]}
        self._run_in(frame, _COMPOSE % json.dumps(texts, ensure_ascii=False))

    def _run_in(self, target: Mapping[str, str], script: str) -> Any:
        told = self.send(
            "script.evaluate",
            target=target,
            awaitPromise=True,
            expression=f"Promise.resolve({script}).then((value) => JSON.stringify(value ?? null))",
        )
        assert told["type"] == "success", told
        return json.loads(told["result"]["value"])


# the interface of Firefox to input methods, which the keyboard of the system speaks as well
_COMPOSE = """(async () => {
    gBrowser.selectedBrowser.focus();
    const ime = Cc['@mozilla.org/text-input-processor;1'].createInstance(Ci.nsITextInputProcessor);
    if (!ime.beginInputTransactionForTests(window, () => true)) throw new Error('no transaction');
    const pause = () => new Promise((done) => setTimeout(done, 50));
    for (const text of %s) {
        ime.setPendingCompositionString(text);
        ime.appendClauseToPendingComposition(text.length, ime.ATTR_RAW_CLAUSE);
        ime.setCaretInPendingComposition(text.length);
        ime.flushPendingComposition();
        await pause();
    }
    ime.commitComposition();
    await pause();
})()"""


class WebKit:
    """By WebDriver over HTTP."""

    def __init__(self, address: str) -> None:
        self._address = f"{address}/session"
        told = self._send("POST", "", capabilities={})
        self._address += f"/{told['sessionId']}"

    def _send(self, method: str, path: str, **parameters: object) -> Any:
        body = json.dumps(parameters).encode() if method == "POST" else None
        request = urllib.request.Request(self._address + path, body, method=method)
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.load(answer)["value"]

    def go(self, address: str) -> None:
        self._send("POST", "/url", url=address)

    def run(self, script: str) -> Any:
        told = self._send(
            "POST", "/execute/sync", script=f"return JSON.stringify({script})", args=[]
        )
        return json.loads(told) if told else None

    def act(self, sources: Sequence[Action]) -> None:
        self._send("POST", "/actions", actions=sources)

    def tap(self, x: int, y: int) -> None:
        """The events of a finger, by script: its driver has nothing but a mouse."""
        self.run(_TAP_EVENTS % (x, y))

    def resize(self, width: int, height: int) -> None:
        """The window follows when it comes to it; it is never as narrow as a phone, but near."""
        self._send("POST", "/window/rect", width=width, height=height)
        wait_for(lambda: abs(self.run("innerWidth") - width) < 100)

    def compose(self, *texts: str) -> None:
        """The events of an input method, by script: WebKit has no door for one."""
        self.run(_COMPOSITION_EVENTS % json.dumps(texts, ensure_ascii=False))

    def close(self) -> None:
        self._send("DELETE", "")


_COMPOSITION_EVENTS = """((texts) => {
    const input = document.activeElement;
    const told = (Kind, type, more) => input.dispatchEvent(new Kind(type, {bubbles: true, ...more}));
    told(CompositionEvent, 'compositionstart');
    for (const text of texts) {
        told(KeyboardEvent, 'keydown', {key: 'Process', keyCode: 229, isComposing: true});
        told(CompositionEvent, 'compositionupdate', {data: text});
        input.value = text;
        told(InputEvent, 'input', {data: text, isComposing: true});
    }
    told(KeyboardEvent, 'keydown', {key: 'Enter', keyCode: 229, isComposing: true});
    told(CompositionEvent, 'compositionend', {data: texts.at(-1)});
})(%s)"""


_TAP_EVENTS = """((x, y) => {
    const element = document.elementFromPoint(x, y);
    const how = {pointerType: 'touch', button: 0, bubbles: true, cancelable: true};
    for (const type of ['pointerdown', 'pointerup']) {
        element.dispatchEvent(new PointerEvent(type, how));
    }
    element.click();
})(%d, %d)"""


@contextmanager
def firefox(folder: Path) -> Iterator[Firefox]:
    """A Firefox without windows, with a profile of its own in this folder."""
    (folder / "user.js").write_text(
        'user_pref("datareporting.policy.dataSubmissionEnabled", false);\n'
        'user_pref("app.normandy.enabled", false);\n'
        'user_pref("network.captive-portal-service.enabled", false);\n'
        'user_pref("network.connectivity-service.enabled", false);\n'
    )
    command = ["firefox-esr", "--headless", "--no-remote", "--profile", str(folder)]
    command += ["--remote-debugging-port", str(free_port()), "--remote-allow-system-access"]
    with _started(command, folder / "firefox.log") as log:
        address = wait_for(lambda: re.search(r"ws://[\d.:]+", log.read_text()))
        yield Firefox(address[0])


@contextmanager
def webkit(folder: Path) -> Iterator[WebKit]:
    """A WebKit on a screen that nobody sees."""
    port = free_port()
    command = [
        "xvfb-run",
        "-a",
        "-s",
        "-screen 0 1400x1000x24",
        "WebKitWebDriver",
        f"--port={port}",
    ]
    with _started(command, folder / "webkit.log"):
        address = f"http://127.0.0.1:{port}"
        wait_for(lambda: _answers(address))
        window = WebKit(address)
        try:
            yield window
        finally:
            window.close()


@contextmanager
def _started(command: Sequence[str], log: Path) -> Iterator[Path]:
    """The process and all it started are ended at the end."""
    with log.open("wb") as out:
        environment = os.environ | {"HOME": str(log.parent), "MOZ_HEADLESS": "1"}
        process = subprocess.Popen(
            command, stdout=out, stderr=out, env=environment, start_new_session=True
        )
    try:
        yield log
    finally:
        os.killpg(process.pid, 15)
        process.wait(10)


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(f"{address}/status", timeout=2).close()
    except (urllib.error.URLError, OSError):
        return False
    return True


def wait_for(ask: Callable[[], Any], seconds: float = 30) -> Any:
    """What it gives as soon as it is something."""
    end = time.monotonic() + seconds
    while not (told := ask()):
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.05)
    return told


def has(*programs: str) -> bool:
    """Are all of them installed?"""
    return all(map(shutil.which, programs))
