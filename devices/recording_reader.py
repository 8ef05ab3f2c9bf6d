"""Reads a recording from its beginning, also one that was cut short; see `recording_format`.

Nothing in the file is believed: sizes are checked before memory is taken for them.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from devices.depth_calibration import calibration_in
from devices.depth_units import depth_metres, without_zero
from devices.frames import DepthNoise, Intrinsics
from devices.recording_format import (
    CONFIDENCE,
    DEPTH,
    DEPTH_LENS,
    METADATA,
    METRES,
    MILLIMETRES,
    RecordedRig,
)
from matting.imaging.errors import InputFileError

if TYPE_CHECKING:
    from mcap.records import Chunk, McapRecord, Message

#: Larger records and chunks are no recording of ours: a 16-megapixel depth map as floats.
LARGEST_RECORD_BYTES = 256 << 20
LARGEST_PIXELS = 16_000_000
_TYPES: dict[str, np.dtype[Any]] = {MILLIMETRES: np.dtype("<u2"), METRES: np.dtype("<f4")}
_FAULTS = (
    ValueError, KeyError, TypeError, LookupError, AttributeError, OverflowError, struct.error,
    binascii.Error, RecursionError, RuntimeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RecordedMessage:
    """A message as it was logged; `data` is JSON."""

    topic: str
    log_ns: int
    sequence: int
    data: bytes


@dataclass(frozen=True, slots=True, eq=False)
class RecordedDepth:
    """A depth map; (H, W) float32 metres, NaN = no return, and (H, W) float32 0 to 1."""

    depth_m: npt.NDArray[np.float32]
    confidence: npt.NDArray[np.float32] | None
    intrinsics: Intrinsics | None


class RecordingReader:
    """A recording, read once from its beginning.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputFileError
        When it cannot be opened, or is no recording of Mattebox.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        #: Whether the end of the file was found to be missing.
        self.cut_short = False
        try:
            self._file: IO[bytes] = path.open("rb")
        except OSError as exc:
            raise InputFileError(
                path, f"cannot be read ({exc.strerror})", "Check the path of the recording"
            ) from exc
        try:
            self._records = self._read()
            self.rig = self._rig()
        except BaseException:
            self._file.close()
            raise

    def messages(self) -> Iterator[RecordedMessage]:
        """Yield the messages in the order in which they were written, to the end or the cut.

        Raises
        ------
        InputFileError
            When the file is damaged before its end.
        """
        from mcap.records import Channel, Chunk, Message

        topics: dict[int, str] = {}
        for outer in self._records:
            for record in self._unpacked(outer) if isinstance(outer, Chunk) else (outer,):
                if isinstance(record, Channel):
                    topics[record.id] = record.topic
                elif isinstance(record, Message):
                    yield self._message(topics, record)

    def close(self) -> None:
        """Close the file. May be called twice."""
        self._file.close()

    def _message(self, topics: dict[int, str], record: Message) -> RecordedMessage:
        topic = topics.get(record.channel_id)
        if topic is None:
            raise self._damaged("a message belongs to no channel")
        return RecordedMessage(topic, record.log_time, record.sequence, record.data)

    def _read(self) -> Iterator[McapRecord]:
        from mcap.exceptions import EndOfFile, McapError
        from mcap.stream_reader import StreamReader

        reader = StreamReader(
            _WholeReads(self._file),  # type: ignore[arg-type]  # it only ever reads
            emit_chunks=True,
            record_size_limit=LARGEST_RECORD_BYTES,
        )
        try:
            yield from reader.records
        except EndOfFile:
            self.cut_short = True
        except (McapError, *_FAULTS) as exc:
            raise self._damaged(str(exc)) from exc

    def _unpacked(self, chunk: Chunk) -> list[McapRecord]:
        from mcap.exceptions import McapError
        from mcap.stream_reader import breakup_chunk

        plain = replace(chunk, compression="", data=self._decompressed(chunk))
        try:
            return breakup_chunk(plain, validate_crc=True)
        except (McapError, *_FAULTS) as exc:
            raise self._damaged(str(exc)) from exc

    def _decompressed(self, chunk: Chunk) -> bytes:
        """Return a chunk's bytes, of which there are no more than it states."""
        size = chunk.uncompressed_size
        if size > LARGEST_RECORD_BYTES:
            raise self._damaged(f"a chunk claims {size} bytes")
        from zstandard import ZstdError

        try:
            data = _unpacked(chunk.compression, chunk.data, size + 1)
        except (ZstdError, *_FAULTS) as exc:
            raise self._damaged(f"a chunk cannot be unpacked ({exc})") from exc
        if len(data) != size:
            raise self._damaged(f"a chunk states {size} bytes and holds others")
        return data

    def _rig(self) -> RecordedRig:
        """Read up to our metadata record, which stands before all pictures."""
        from mcap.records import Chunk, Message, Metadata

        for record in self._records:
            if isinstance(record, Metadata) and record.name == METADATA:
                with self._decoding():
                    return self._rig_in(record.metadata)
            if isinstance(record, Chunk | Message):
                break
        raise InputFileError(
            self.path, "is no recording of Mattebox", "Make one with mattebox record"
        )

    def _rig_in(self, texts: dict[str, str]) -> RecordedRig:
        camera, sensor = json.loads(texts["camera"]), json.loads(texts["sensor"])
        where, noise = json.loads(texts["calibration"]), json.loads(texts["noise"])
        return RecordedRig(
            camera_model=str(camera["model"]),
            camera_serial=str(camera["serial"]),
            calibration=calibration_in(self.path, where) if where else None,
            sensor_model=str(sensor["model"]),
            sensor_serial=str(sensor["serial"]),
            depth_size=self._size(*sensor["size"]) if sensor["size"] else None,
            noise=DepthNoise(**{key: float(value) for key, value in noise.items()})
            if noise
            else None,
        )

    def colour_in(self, message: RecordedMessage) -> npt.NDArray[np.uint8]:
        """Return the picture of a `COLOUR` message, (H, W, 3) uint8, encoded."""
        import cv2

        with self._decoding():
            packed = base64.b64decode(json.loads(message.data)["data"], validate=True)
            if packed[:8] != b"\x89PNG\r\n\x1a\n" or packed[12:16] != b"IHDR":
                raise ValueError("a picture is no PNG")
            self._size(*struct.unpack(">II", packed[16:24]))
            bgr = cv2.imdecode(np.frombuffer(packed, np.uint8), cv2.IMREAD_COLOR)
            if bgr is None:
                raise ValueError("a picture cannot be decoded")
            return np.ascontiguousarray(bgr[..., ::-1], np.uint8)

    def depth_in(self, moment: dict[str, RecordedMessage]) -> RecordedDepth:
        """Return the depth of the messages of one moment, by topic; `DEPTH` is among them."""
        with self._decoding():
            values = self._raw(moment[DEPTH])
            shape = values.shape
            depth = depth_metres(values) if values.dtype == np.uint16 else without_zero(values)
            confidence = self._raw(moment[CONFIDENCE]) if CONFIDENCE in moment else None
            lens = self._lens(moment[DEPTH_LENS]) if DEPTH_LENS in moment else None
            if lens is not None and (lens.height, lens.width) != shape:
                raise ValueError("a depth map and its lens differ in size")
            if confidence is not None and (
                confidence.shape != shape or confidence.dtype.kind != "f"
            ):
                raise ValueError("a depth map and its confidence differ in size")
        return RecordedDepth(depth, confidence, lens)

    def _raw(self, message: RecordedMessage) -> npt.NDArray[Any]:
        table = json.loads(message.data)
        kind = _TYPES[table["encoding"]]
        width, height = self._size(table["width"], table["height"])
        data = base64.b64decode(table["data"], validate=True)
        if table["step"] != width * kind.itemsize or len(data) != height * width * kind.itemsize:
            raise ValueError("a depth map is of another size than it states")
        native = kind.newbyteorder("=")
        return np.frombuffer(data, kind).reshape(height, width).astype(native, copy=False)

    def _lens(self, message: RecordedMessage) -> Intrinsics:
        table = json.loads(message.data)
        fx, _, cx, _, fy, cy, *_ = (float(value) for value in table["K"])
        if not (np.isfinite([fx, fy, cx, cy]).all() and fx > 0 and fy > 0):
            raise ValueError("a lens has no focal length")
        return Intrinsics(fx, fy, cx, cy, *self._size(table["width"], table["height"]))

    def _size(self, width: int, height: int) -> tuple[int, int]:
        if not (isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0):
            raise ValueError("a picture has no size")
        if width * height > LARGEST_PIXELS:
            raise ValueError(f"a picture claims {width} x {height} pixels")
        return width, height

    @contextlib.contextmanager
    def _decoding(self) -> Iterator[None]:
        try:
            yield
        except _FAULTS as exc:
            raise self._damaged(str(exc)) from exc

    def _damaged(self, fault: str) -> InputFileError:
        return InputFileError(
            self.path, f"is a damaged recording ({fault})", "Copy it again, or record again"
        )


def _unpacked(compression: str, packed: bytes, at_most: int) -> bytes:
    """Return the bytes, `at_most` so many: what claims little may hold gigabytes."""
    if compression == "":
        return packed
    if compression == "zstd":
        import zstandard

        with zstandard.ZstdDecompressor().stream_reader(packed) as stream:
            return stream.read(at_most)
    if compression == "lz4":
        import lz4.frame

        return bytes(lz4.frame.LZ4FrameDecompressor().decompress(packed, at_most))
    raise ValueError(f"unknown compression '{compression}'")


class _WholeReads:
    """A file whose reads give all that was asked for; MCAP's reader takes a part for the whole."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, count: int) -> bytes:
        from mcap.exceptions import EndOfFile

        data = self._file.read(count)
        if len(data) < count:
            raise EndOfFile
        return data
