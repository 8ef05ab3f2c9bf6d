"""Debian's chromium, headless, driven over its debugging socket."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

#: Width and height of the window, pixels.
SIZE = (1440, 900)
_START_S = 30.0
_POLL_S = 0.1


class Page:
    """One page of a browser.

    `heard` holds what its web sockets have received, as bytes one after the other: of a terminal
    in a browser, what was written to it.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.heard = b""

    async def open(self, address: str) -> None:
        """Go to an address."""
        await self.call("Network.enable")
        await self.call("Page.navigate", url=address)

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return what the browser answers."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            answer = await self._socket.receive_json()
            if answer.get("id") == number:
                return dict(answer.get("result", {}))
            self._hear(answer)

    def _hear(self, told: dict[str, Any]) -> None:
        if told.get("method") == "Network.webSocketFrameReceived":
            frame = told["params"]["response"]
            data = frame["payloadData"]
            self.heard += data.encode() if frame["opcode"] == 1 else base64.b64decode(data)

    async def wait_for(self, words: bytes, seconds: float) -> None:
        """Listen until a web socket has received these words.

        Raises
        ------
        TimeoutError
            When they do not come in so many seconds.
        """
        async with asyncio.timeout(seconds):
            while words not in self.heard:
                self._hear(await self._socket.receive_json())

    async def click(self, x: int, y: int) -> None:
        """Click on a place of the page."""
        for kind in ("mousePressed", "mouseReleased"):
            await self.call(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1
            )

    async def press(self, key: str) -> None:
        """Press a key that types a character."""
        await self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=key)
        await self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    async def picture(self) -> bytes:
        """Return the page as PNG."""
        return base64.b64decode((await self.call("Page.captureScreenshot", format="png"))["data"])


@contextlib.asynccontextmanager
async def opened_page() -> AsyncIterator[Page]:
    """Start a browser, give its empty page, and end it.

    Raises
    ------
    FileNotFoundError
        When there is no chromium.
    TimeoutError
        When it does not open its debugging socket.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = subprocess.Popen(
            [
                "chromium", "--headless", "--no-sandbox", "--disable-gpu",
                "--enable-unsafe-swiftshader", f"--user-data-dir={profile}",
                f"--window-size={SIZE[0]},{SIZE[1]}", "--remote-debugging-port=0", "about:blank",
            ],
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            port = await _debugging_port(Path(profile))
            async with aiohttp.ClientSession() as client:
                async with client.get(f"http://127.0.0.1:{port}/json") as answer:
                    pages = await answer.json()
                where = next(p["webSocketDebuggerUrl"] for p in pages if p["type"] == "page")
                async with client.ws_connect(where, max_msg_size=0) as socket:
                    yield Page(socket)
        finally:
            browser.terminate()
            browser.wait()


async def _debugging_port(profile: Path) -> int:
    told = profile / "DevToolsActivePort"
    async with asyncio.timeout(_START_S):
        while not (told.exists() and (lines := told.read_text().split())):
            await asyncio.sleep(_POLL_S)
    return int(lines[0])
