"""The simulated camera's body: settings, card, memory, shutter, and what it announced.

It knows nothing of the network; `ptpip_server` gives it a voice. Pictures come from two functions
of the studio, so that what it photographs is the same world that the depth sensor sees.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from devices.digest import digest_of_bytes
from devices.simulated.faults import Faults
from devices.simulated.ptp_codes import RAM_HANDLE, Event, Property, Response
from devices.simulated.ptp_data import INT16, STRING, UINT8, UINT16, UINT32, PropertyState

MODEL, SERIAL = "D850", "8500042"
#: Handles of RAW files lie so far above those of their JPEGs.
_RAW_HANDLES = 0x01000000

ISO_CHOICES = (
    64, 100, 125, 160, 200, 250, 320, 400, 500, 640, 800, 1000, 1250, 1600, 2000, 2500, 3200,
    6400, 12800, 25600,
)  # fmt: skip
SHUTTER_CHOICES = (
    *(Fraction(1, n) for n in (8000, 4000, 2000, 1600, 1250, 1000, 800, 640, 500, 400, 320, 250,
                               200, 160, 125, 100, 80, 60, 50, 40, 30, 25, 20, 15, 13, 10, 8, 6,
                               5, 4, 3, 2)),
    Fraction(1), Fraction(2), Fraction(4),
)  # fmt: skip
F_CHOICES = (1.4, 1.8, 2.0, 2.8, 3.2, 3.5, 4.0, 4.5, 5.0, 5.6, 6.3, 7.1, 8.0, 9.0, 10.0, 11.0,
             13.0, 14.0, 16.0, 18.0, 22.0)  # fmt: skip
SIZE_CHOICES = ("6000x4000", "3008x2000", "1504x1000")
#: JPEG quality of Basic, Normal and Fine by the body's code: alone, and from 5 on beside a RAW.
JPEG_QUALITIES = {0: 85, 1: 92, 2: 97, 5: 85, 6: 92, 7: 97}
_FIRST_PAIR = 5
#: The choice that is raw alone (a DNG here).
RAW_QUALITY = 4


@dataclass(frozen=True, slots=True)
class ShotSettings:
    """What a picture is taken with; `raw` asks for a raw file instead of a JPEG."""

    iso: int
    shutter_s: float
    aperture_f: float
    width: int
    height: int
    jpeg_quality: int
    number: int
    with_raw: bool = False
    raw: bool = False


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A file of the body, on the card or in its memory."""

    handle: int
    name: str
    data: bytes
    pixels: tuple[int, int]
    taken: str


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One announced file: the judge of what a host should have received."""

    name: str
    size_bytes: int
    digest: str
    in_ram: bool


def _raw_of(jpeg: bytes) -> bytes:
    """Return what stands for the RAW beside a JPEG: a TIFF's head without pictures, and noise."""
    return b"II*\0\x08\0\0\0\0\0\0\0\0\0" + hashlib.shake_128(jpeg).digest(len(jpeg))


def shutter_code(shutter: Fraction) -> int:
    """Return a shutter time as the body keeps it: numerator and denominator, 16 bits each."""
    return shutter.numerator << 16 | shutter.denominator


class CameraBody:
    """A camera that can be set and released.

    Parameters
    ----------
    photograph : callable of ShotSettings to bytes
        Takes a still, with EXIF: a JPEG, or a DNG where the settings ask for raw.
    live_picture : callable of ShotSettings to bytes
        The newest live picture, as JPEG.
    faults : Faults
        What is to go wrong.
    drive_focus : callable of int to bool
        Moves the lens by so many steps of its motor, farther or (negative) nearer, and says
        whether it moved at all.
    """

    def __init__(
        self,
        photograph: Callable[[ShotSettings], bytes],
        live_picture: Callable[[ShotSettings], bytes],
        faults: Faults,
        drive_focus: Callable[[int], bool] = lambda steps: False,
    ) -> None:
        self.drive_focus = drive_focus
        self._photograph = photograph
        self._live_picture = live_picture
        self.faults = faults
        self.serial = SERIAL
        self.free_bytes = 32 << 30
        self.lock = threading.RLock()
        self.events: deque[tuple[int, int]] = deque()
        self.card: dict[int, StoredPicture] = {}
        self.ram: StoredPicture | None = None
        self.ledger: list[LedgerEntry] = []
        self.live = False
        #: How far a host holds the shutter button down: bit 0 half, bit 1 fully.
        self.pressed = 0
        self._shots = 0
        self._exposing: threading.Thread | None = None
        self.properties = _factory_settings()

    # --- settings ---------------------------------------------------------------------------

    def set_property(self, code: int, value: int | str) -> Response:
        """Set a property as the host asked; shutter is kept equal in both its codes."""
        with self.lock:
            state = self.properties[code]
            if not state.choices or value not in state.choices:
                return Response.INVALID_PROPERTY_VALUE
            state.value = value
            if code == Property.NIKON_SHUTTER:
                seconds = Fraction(int(value) >> 16, int(value) & 0xFFFF)
                self.properties[Property.EXPOSURE_TIME].value = round(seconds * 10000)
            elif code == Property.EXPOSURE_TIME:
                nearest = min(SHUTTER_CHOICES, key=lambda s: abs(round(s * 10000) - int(value)))
                self.properties[Property.NIKON_SHUTTER].value = shutter_code(nearest)
        return Response.OK

    def shot_settings(self) -> ShotSettings:
        """Return what a picture would be taken with now."""
        with self.lock:
            code = int(self.properties[Property.NIKON_SHUTTER].value)
            width, _, height = str(self.properties[Property.IMAGE_SIZE].value).partition("x")
            quality = int(self.properties[Property.COMPRESSION].value)
            return ShotSettings(
                iso=int(self.properties[Property.ISO].value),
                shutter_s=float(Fraction(code >> 16, code & 0xFFFF)),
                aperture_f=int(self.properties[Property.F_NUMBER].value) / 100,
                width=int(width),
                height=int(height),
                jpeg_quality=JPEG_QUALITIES.get(quality, 97),
                number=self._shots,
                with_raw=quality >= _FIRST_PAIR,
                raw=quality == RAW_QUALITY,
            )

    # --- shutter ----------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether the shutter is open, or a picture is being written."""
        return self._exposing is not None and self._exposing.is_alive()

    def release(self, to_ram: bool) -> Response:
        """Open the shutter; the picture is announced by events when it is there."""
        with self.lock:
            if self.busy or self.faults.busy:
                return Response.DEVICE_BUSY
            if self.faults.card_full and not to_ram:
                self.events.append((Event.STORE_FULL, 0))
                return Response.STORE_FULL
            self._shots += 1
            settings = self.shot_settings()
            self._exposing = threading.Thread(
                target=self._expose, args=(settings, to_ram), name="shutter", daemon=True
            )
            self._exposing.start()
        return Response.OK

    def _expose(self, settings: ShotSettings, to_ram: bool) -> None:
        time.sleep(settings.shutter_s)
        data = self._photograph(settings)
        taken = datetime.now() + timedelta(seconds=self.faults.clock_offset_s)
        halves = [("DNG" if settings.raw else "JPG", 0, data)]
        if settings.with_raw and not to_ram:
            halves.append(("NEF", _RAW_HANDLES, _raw_of(data)))
        if self.faults.raw_first:
            halves.reverse()
        first, *second = (
            StoredPicture(
                handle=RAM_HANDLE if to_ram else 0x20000000 + offset + settings.number,
                name=f"DSC_{(settings.number - 1) % 9999 + 1:04d}.{ending}",
                data=content,
                pixels=(settings.width, settings.height),
                taken=taken.strftime("%Y%m%dT%H%M%S"),
            )
            for ending, offset, content in halves
        )
        self._announce(first, to_ram)
        if second and self.faults.second_half_after_s >= 0:
            later = threading.Timer(
                self.faults.second_half_after_s, self._announce, (second[0], to_ram)
            )
            later.daemon = True
            later.start()

    def _announce(self, picture: StoredPicture, to_ram: bool) -> None:
        with self.lock:
            digest = digest_of_bytes(picture.data)
            self.ledger.append(LedgerEntry(picture.name, len(picture.data), digest, to_ram))
            for _ in range(1 + self.faults.repeated_events):
                if to_ram:
                    self.ram = picture
                    self.events.append((Event.NIKON_OBJECT_ADDED_IN_SDRAM, RAM_HANDLE))
                    self.events.append((Event.NIKON_CAPTURE_COMPLETE_IN_SDRAM, 0))
                else:
                    self.card[picture.handle] = picture
                    self.events.append((Event.OBJECT_ADDED, picture.handle))
                    self.events.append((Event.CAPTURE_COMPLETE, 0))

    def restart_counter(self) -> None:
        """Name pictures from DSC_0001 on again, as after a reset; nothing may be on the card."""
        with self.lock:
            self._shots = 0

    def press_shutter(self) -> Response:
        """Press the body's own button; the picture goes where the body is set to put it."""
        return self.release(bool(self.properties[Property.NIKON_RECORDING_MEDIA].value))

    # --- pictures ---------------------------------------------------------------------------

    def live_jpeg(self) -> bytes:
        """Return the newest live picture."""
        return self._live_picture(self.shot_settings())

    def picture(self, handle: int) -> StoredPicture | None:
        """Return a stored picture, None when there is none of that handle."""
        return self.ram if handle == RAM_HANDLE else self.card.get(handle)

    def take_events(self) -> list[tuple[int, int]]:
        """Return what happened since it was last asked."""
        with self.lock:
            events = list(self.events)
            self.events.clear()
            return events


def _factory_settings() -> dict[int, PropertyState]:
    shutter = Fraction(1, 125)
    times = tuple(dict.fromkeys(round(s * 10000) for s in SHUTTER_CHOICES))
    f_numbers = tuple(round(100 * n) for n in F_CHOICES)
    codes = tuple(shutter_code(s) for s in SHUTTER_CHOICES)
    return {
        Property.BATTERY: PropertyState(UINT8, 87),
        Property.IMAGE_SIZE: PropertyState(STRING, "3008x2000", SIZE_CHOICES),
        Property.COMPRESSION: PropertyState(
            UINT8, 2, tuple(sorted((*JPEG_QUALITIES, RAW_QUALITY)))
        ),
        Property.WHITE_BALANCE: PropertyState(UINT16, 7, (2, 4, 5, 6, 7)),
        Property.F_NUMBER: PropertyState(UINT16, 800, f_numbers),
        Property.FOCAL_LENGTH: PropertyState(UINT32, 8500),
        Property.FOCUS_MODE: PropertyState(UINT16, 1),
        Property.METERING: PropertyState(UINT16, 3),
        Property.EXPOSURE_TIME: PropertyState(UINT32, round(shutter * 10000), times),
        Property.EXPOSURE_PROGRAM: PropertyState(UINT16, 1),
        Property.ISO: PropertyState(UINT16, 100, ISO_CHOICES),
        Property.EXPOSURE_BIAS: PropertyState(INT16, 0),
        Property.DATE_TIME: PropertyState(STRING, "20260101T120000"),
        Property.CAPTURE_MODE: PropertyState(UINT16, 1),
        Property.NIKON_SHUTTER: PropertyState(UINT32, shutter_code(shutter), codes),
        Property.NIKON_RECORDING_MEDIA: PropertyState(UINT8, 0, (0, 1)),
        Property.NIKON_LIVE_VIEW_STATUS: PropertyState(UINT8, 0),
        Property.NIKON_LIVE_VIEW_PROHIBITED: PropertyState(UINT32, 0),
    }
