"""A PNG of the app in a real browser: `python -m bench.browser_picture ADDRESS PICTURE [KEY …]`.

ADDRESS is what ``mattebox serve`` printed. Debian's chromium runs headless and is driven over its
debugging socket; keys are pressed one after the other, some seconds apart, before the picture.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import itertools
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import aiohttp

_SIZE = (1440, 900)
#: The viewer starts a process of its own; a key may open a screen.
_START_S, _KEY_S = 25.0, 4.0


class Page:
    """One page of a browser, driven over its debugging socket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return what the browser answers."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            answer = await self._socket.receive_json()
            if answer.get("id") == number:
                return dict(answer.get("result", {}))

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


async def photograph(address: str, keys: list[str], port: int) -> bytes:
    """Return the app's picture after the keys were pressed."""
    async with aiohttp.ClientSession() as client:
        for _ in range(100):
            try:
                async with client.get(f"http://127.0.0.1:{port}/json") as answer:
                    pages = await answer.json()
                break
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.2)
        else:
            raise SystemExit("chromium did not open its debugging socket")
        where = next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page")
        async with client.ws_connect(where, max_msg_size=0) as socket:
            page = Page(socket)
            await page.call("Page.navigate", url=address)
            await asyncio.sleep(_START_S)
            await page.click(_SIZE[0] // 3, _SIZE[1] // 2)  # or the page takes no keys
            for key in keys:
                await page.press(key)
                await asyncio.sleep(_KEY_S)
            return await page.picture()


def main() -> None:
    """Take the picture."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("address")
    options.add_argument("picture", type=Path)
    options.add_argument("keys", nargs="*")
    options.add_argument("--port", type=int, default=9333, help="of the browser's debugging socket")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as profile:
        browser = subprocess.Popen(
            [
                "chromium", "--headless", "--no-sandbox", "--disable-gpu",
                "--enable-unsafe-swiftshader", f"--user-data-dir={profile}",
                f"--window-size={_SIZE[0]},{_SIZE[1]}", f"--remote-debugging-port={given.port}",
                "about:blank",
            ],
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            given.picture.write_bytes(
                asyncio.run(photograph(given.address, given.keys, given.port))
            )
        finally:
            browser.terminate()
            browser.wait()


if __name__ == "__main__":
    main()
