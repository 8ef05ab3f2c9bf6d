"""The simulated camera in Canon's EOS dialect of PTP.

An EOS tells its settings only as events, all of them once the host asks for events, and codes
exposure in eighths of a stop (APEX): a third of a stop is 3, two thirds 5. What is spoken is an
older EOS: the shutter is released by one operation, without a half press; `canon_r_dialect` has
a newer one's.
"""

from __future__ import annotations

import math
import socket
import struct
from collections.abc import Iterable, Iterator
from fractions import Fraction

from devices.simulated.camera_body import (
    F_CHOICES,
    ISO_CHOICES,
    SHUTTER_CHOICES,
    CameraBody,
    shutter_code,
)
from devices.simulated.ptp_codes import (
    FOLDER_HANDLE,
    JPEG_FORMAT,
    RAM_HANDLE,
    STORAGE,
    EosEvent,
    EosProperty,
    Event,
    Operation,
    Property,
    Response,
)
from devices.simulated.ptp_data import Maker, array32
from devices.simulated.ptpip_conversation import Answer, Conversation, nothing

_EIGHTHS_OF_THIRDS = (0, 3, 5)
_CARD, _HOST = 2, 4
_TO_HOST_SCREEN = 2
_PICTURE = 1
_MANUAL = 3
_FULL_BATTERY = 2


def _eighths(stops: float) -> int:
    """Return a number of stops, rounded to thirds, in Canon's eighths."""
    whole, third = divmod(round(3 * stops), 3)
    return 8 * whole + _EIGHTHS_OF_THIRDS[third]


#: Canon's code of each value, and the body's own.
_APERTURES = {8 + _eighths(2 * math.log2(n)): round(100 * n) for n in F_CHOICES}
_SHUTTERS = {0x38 + _eighths(-math.log2(s)): shutter_code(Fraction(s)) for s in SHUTTER_CHOICES}
_SPEEDS = {0x48 + _eighths(math.log2(iso / 100)): iso for iso in ISO_CHOICES if iso >= 100}
_WHITE_BALANCES = {0: 2, 1: 4, 3: 6, 4: 5, 5: 7}
_DESTINATIONS = {_CARD: 0, _HOST: 1}
#: Type, size and compression of each file of a shot, and the body's quality.
_JPEG_FINE, _JPEG_NORMAL, _RAW = (1, 0, 3), (1, 0, 2), (6, 0, 4)
_FORMATS = {
    (_JPEG_FINE,): 2,
    (_JPEG_NORMAL,): 1,
    (_RAW,): 4,
    (_RAW, _JPEG_FINE): 7,
    (_RAW, _JPEG_NORMAL): 6,
}
#: Steps of the motor by the size that a host asks for.
_FOCUS_STEPS = {1: 64, 2: 512, 3: 4096}
#: For each setting the body's property, and its value by Canon's code.
_SETTINGS: dict[int, tuple[Property, dict[int, int]]] = {
    EosProperty.APERTURE: (Property.F_NUMBER, _APERTURES),
    EosProperty.SHUTTER_SPEED: (Property.NIKON_SHUTTER, _SHUTTERS),
    EosProperty.ISO_SPEED: (Property.ISO, _SPEEDS),
    EosProperty.WHITE_BALANCE: (Property.WHITE_BALANCE, _WHITE_BALANCES),
    EosProperty.CAPTURE_DESTINATION: (Property.NIKON_RECORDING_MEDIA, _DESTINATIONS),
}


class CanonConversation(Conversation):
    """One host's session with a Canon EOS."""

    maker = Maker(0x0000000B, "Canon Inc.", "Canon EOS 5D Mark II")

    def __init__(self, connection: socket.socket, body: CameraBody) -> None:
        super().__init__(connection, body)
        self._told: dict[int, bytes] = {}
        self._answers |= {
            Operation.EOS_GET_STORAGE_IDS: lambda p: (Response.OK, array32([STORAGE])),
            Operation.EOS_GET_STORAGE_INFO: self._storage_info,
            Operation.EOS_GET_PARTIAL_OBJECT: self._partial_object,
            Operation.EOS_SET_REMOTE_MODE: nothing,
            Operation.EOS_SET_EVENT_MODE: self._set_event_mode,
            Operation.EOS_GET_EVENT: self._events,
            Operation.EOS_TRANSFER_COMPLETE: nothing,
            Operation.EOS_PC_CAPACITY: nothing,
            Operation.EOS_SET_UI_LOCK: nothing,
            Operation.EOS_RESET_UI_LOCK: nothing,
            Operation.EOS_KEEP_DEVICE_ON: nothing,
            Operation.EOS_REQUEST_PROPERTY_VALUE: nothing,
            Operation.EOS_GET_VIEWFINDER_DATA: self._viewfinder_data,
            Operation.EOS_DRIVE_LENS: self._drive_lens,
        }
        self._takes_data = {Operation.EOS_SET_PROPERTY_VALUE: self._set_value}
        self._releases()

    def _drive_lens(self, parameters: tuple[int, ...]) -> Answer:
        """Move the lens by one of three sizes, farther where the highest bit is set."""
        steps = _FOCUS_STEPS.get(parameters[0] & 0x7FFF, 0)
        self._body.drive_focus(steps if parameters[0] & 0x8000 else -steps)
        return Response.OK, None

    def _releases(self) -> None:
        """Answer the host's ways to release the shutter."""
        self._answers[Operation.EOS_REMOTE_RELEASE] = lambda p: (self._body.press_shutter(), None)

    # --- settings ---------------------------------------------------------------------------

    def _set_value(self, parameters: tuple[int, ...], data: bytes) -> Response:
        _, code = struct.unpack_from("<II", data)
        if code == EosProperty.IMAGE_FORMAT:
            quality = _FORMATS.get(_format_from(data[8:]))
            if quality is None:
                return Response.INVALID_PROPERTY_VALUE
            return self._body.set_property(Property.COMPRESSION, quality)
        # One, two or four bytes, filled up with zeros.
        value = int.from_bytes(data[8:12], "little")
        if code == EosProperty.VIEWFINDER_OUTPUT:
            self._body.live = bool(value & _TO_HOST_SCREEN)
            return Response.OK
        if code == EosProperty.VIEWFINDER_MODE:
            return Response.OK
        if code not in _SETTINGS:
            return Response.PROPERTY_NOT_SUPPORTED
        ours, values = _SETTINGS[code]
        if value not in values:
            return Response.INVALID_PROPERTY_VALUE
        return self._body.set_property(ours, values[value])

    def _values(self) -> dict[int, bytes]:
        """Return each setting's value as an event holds it."""
        values = {
            code: struct.pack("<I", _key(table, self._body.properties[ours].value))
            for code, (ours, table) in _SETTINGS.items()
        }
        quality = self._body.properties[Property.COMPRESSION].value
        formats = (f for f, ours in _FORMATS.items() if ours == quality)
        values[EosProperty.IMAGE_FORMAT] = _format_bytes(next(formats, (_JPEG_NORMAL,)))
        plain = {
            EosProperty.EXPOSURE_MODE: _MANUAL,
            EosProperty.BATTERY_POWER: _FULL_BATTERY,
            EosProperty.AVAILABLE_SHOTS: 3000,
            EosProperty.VIEWFINDER_OUTPUT: _TO_HOST_SCREEN * self._body.live,
            EosProperty.VIEWFINDER_MODE: 1,
        }
        return values | {code: struct.pack("<I", value) for code, value in plain.items()}

    # --- events -----------------------------------------------------------------------------

    def _set_event_mode(self, parameters: tuple[int, ...]) -> Answer:
        self._told.clear()
        return Response.OK, None

    def _events(self, parameters: tuple[int, ...]) -> Answer:
        records = [*self._changed_settings(), *self._new_pictures()]
        return Response.OK, b"".join(records) + record(0)

    def _changed_settings(self) -> Iterator[bytes]:
        first = not self._told
        for code, value in self._values().items():
            if self._told.get(code) != value:
                self._told[code] = value
                yield record(EosEvent.PROPERTY_CHANGED, struct.pack("<I", code), value)
        if first:
            for code, (_, table) in _SETTINGS.items():
                yield _choices(code, (struct.pack("<I", value) for value in sorted(table)))
            yield _choices(EosProperty.IMAGE_FORMAT, map(_format_bytes, _FORMATS))

    def _new_pictures(self) -> Iterator[bytes]:
        for code, handle in self._body.take_events():
            picture = self._body.picture(handle)
            if picture is None:
                continue
            name, size = picture.name.encode() + b"\0", len(picture.data)
            if code == Event.OBJECT_ADDED:
                yield self._file_added(handle, name, size)
            elif code == Event.NIKON_OBJECT_ADDED_IN_SDRAM:
                head = struct.pack("<5I", RAM_HANDLE, JPEG_FORMAT, 0, size, 0)
                yield record(EosEvent.REQUEST_OBJECT_TRANSFER, head, name)

    def _file_added(self, handle: int, name: bytes, size: int) -> bytes:
        head = struct.pack("<8I", handle, STORAGE, JPEG_FORMAT, 0, 0, size, FOLDER_HANDLE, 0)
        return record(EosEvent.OBJECT_ADDED, head, name)

    # --- live view --------------------------------------------------------------------------

    def _viewfinder_data(self, parameters: tuple[int, ...]) -> Answer:
        if not self._body.live or self._body.faults.live_view_refused:
            return Response.EOS_NOT_READY, None
        if self._body.busy:
            return Response.DEVICE_BUSY, None
        return Response.OK, record(_PICTURE, self._body.live_jpeg())


def _key(table: dict[int, int], value: int | str) -> int:
    """Return Canon's code of one of the body's values."""
    return next(code for code, ours in table.items() if ours == value)


def record(code: int, *parts: bytes) -> bytes:
    """Return a block behind its own length and its code."""
    data = b"".join(parts)
    return struct.pack("<II", 8 + len(data), code) + data


def _choices(code: int, values: Iterable[bytes]) -> bytes:
    listed = list(values)
    head = struct.pack("<III", code, 3, len(listed))
    return record(EosEvent.CHOICES_CHANGED, head, *listed)


def _format_bytes(files: tuple[tuple[int, int, int], ...]) -> bytes:
    blocks = (struct.pack("<4I", 16, *file) for file in files)
    return struct.pack("<I", len(files)) + b"".join(blocks)


def _format_from(data: bytes) -> tuple[tuple[int, int, int], ...]:
    (count,) = struct.unpack_from("<I", data)
    return tuple(struct.unpack_from("<3I", data, 8 + 16 * i) for i in range(count))
