"""The app in a real browser: Debian's chromium, headless, against `mattebox serve`."""

import io
import shutil
import socket
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("textual_serve", reason="the extra `serve` is not installed")
if shutil.which("chromium") is None:
    pytest.skip("needs chromium", allow_module_level=True)

from bench.browser import SIZE, opened_page


@pytest.fixture
def address(studio, tmp_path):
    """Return what a viewer may open."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    camera = f"sim:product@{studio('product').port}"
    serve = subprocess.Popen(
        [
            sys.executable, "-m", "tui.cli", "serve", "--session", str(tmp_path),
            "--camera", camera, "--port", str(port),
        ],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        for line in serve.stderr:
            if "next viewer's address: " in line:
                yield line.partition("address: ")[2].strip()
                break
        else:
            pytest.fail("mattebox serve gave no address")
    finally:
        serve.terminate()
        serve.communicate()


async def test_live_view_is_seen_and_keys_are_heard_in_a_browser(address):
    async with opened_page() as page:
        await page.open(address)
        await page.wait_for(b"fps", 60.0)
        await page.click(SIZE[0] // 3, SIZE[1] // 2)
        for words in (b"silhouette off", b"silhouette on"):
            await page.press("o")
            await page.wait_for(words, 30.0)
        shown = np.asarray(Image.open(io.BytesIO(await page.picture())).convert("RGB"))
    # A live picture in its cells: many colours where an empty page has a few.
    assert len(np.unique(shown[::8, ::8].reshape(-1, 3), axis=0)) > 100
