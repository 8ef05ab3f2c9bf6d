"""A simulated camera without a studio: photographs of noise at once, for faults by the thousand.

It speaks PTP/IP from threads of the process that makes it, and that process is its hand: it
presses the button, sets faults, and reads the ledger of what was announced.
"""

from __future__ import annotations

import io
import random
import time
from collections.abc import Iterator
from functools import cache

from devices.simulated.camera_body import CameraBody, ShotSettings
from devices.simulated.faults import Faults
from devices.simulated.ptp_codes import Property, Response
from devices.simulated.ptpip_server import Dialect, PtpIpServer

_LONGEST_COMMENT = 65533
_SHORTEST_EXPOSURE = 1 << 16 | 8000


class PlainCamera:
    """A camera whose photographs are small JPEGs made large by random comments.

    Parameters
    ----------
    seed : int
        The same seed gives the same photographs.
    smallest, largest : int
        Sizes of the files between which they are drawn, bytes.
    dialect : "nikon", "canon" or "canon-r"
    """

    def __init__(
        self,
        seed: int = 0,
        smallest: int = 64 << 10,
        largest: int = 2 << 20,
        dialect: Dialect = "nikon",
    ) -> None:
        self._dialect = dialect
        self._random = random.Random(seed)
        self._sizes = smallest, largest
        self.body = CameraBody(self._photograph, self._photograph, Faults())
        self.body.properties[Property.NIKON_SHUTTER].value = _SHORTEST_EXPOSURE
        self._server = PtpIpServer(self.body, dialect)

    @property
    def address(self) -> str:
        """The address by which a rig finds it."""
        return f"gphoto2:{self.port}"

    @property
    def port(self) -> str:
        """The port as libgphoto2 names it."""
        return f"ptpip:127.0.0.1:{self._server.port}:{self._server.port}"

    def shoot(self, count: int = 1) -> None:
        """Press the body's button, again when it is still busy, until it has announced so many."""
        for _ in range(count):
            while self.body.press_shutter() is Response.DEVICE_BUSY:
                time.sleep(0.001)
            while self.body.busy:
                time.sleep(0.001)

    def go_away(self) -> None:
        """Vanish from the network, as when its power fails; the card stays."""
        self._server.close()

    def come_back(self) -> None:
        """Answer again at the same address."""
        self._server = PtpIpServer(self.body, self._dialect, self._server.port)

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    def _photograph(self, settings: ShotSettings) -> bytes:
        picture = _small_jpeg()
        missing = self._random.randint(*self._sizes) - len(picture)
        return picture[:2] + b"".join(self._comments(missing)) + picture[2:]

    def _comments(self, count: int) -> Iterator[bytes]:
        while count > 4:
            length = min(count - 2, _LONGEST_COMMENT)
            yield b"\xff\xfe" + length.to_bytes(2, "big") + self._random.randbytes(length - 2)
            count -= length + 2


@cache
def _small_jpeg() -> bytes:
    from PIL import Image

    data = io.BytesIO()
    Image.linear_gradient("L").resize((96, 64)).convert("RGB").save(data, "JPEG")
    return data.getvalue()
