"""A PNG of the app in a real browser: `python -m bench.browser_picture ADDRESS PICTURE [KEY …]`.

ADDRESS is what ``mattebox serve`` printed. Keys are pressed one after the other, some seconds
apart, before the picture.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from bench.browser import SIZE, opened_page

#: A viewer starts a process of its own; a key may open a screen.
_START_S, _KEY_S = 60.0, 4.0


async def photograph(address: str, keys: list[str]) -> bytes:
    """Return the app's picture after the keys were pressed."""
    async with opened_page() as page:
        await page.open(address)
        await page.wait_for(b"fps", _START_S)
        await page.click(SIZE[0] // 3, SIZE[1] // 2)  # or the page takes no keys
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
    given = options.parse_args()
    given.picture.write_bytes(asyncio.run(photograph(given.address, given.keys)))


if __name__ == "__main__":
    main()
