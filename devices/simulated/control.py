"""The studio's control port: one JSON line each way, arrays behind it as they are. Loopback only.

A request is ``{"do": NAME, ...}``; the answer ``{"ok": true, "arrays": [[NAME, TYPE, SHAPE], ...],
...}`` followed by the bytes of these arrays, one after the other, or ``{"ok": false, "subject":
..., "fault": ..., "remedy": ...}``.
"""

from __future__ import annotations

import json
import math
import socket
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from devices.errors import DeviceError, DeviceLostError

Arrays = dict[str, npt.NDArray[Any]]
_LONGEST_LINE = 1 << 20


class Channel:
    """One connection's messages."""

    def __init__(self, connection: socket.socket, name: str) -> None:
        self._connection = connection
        self._name = name
        self._stream = connection.makefile("rb")

    def send(self, head: Mapping[str, Any], arrays: Arrays | None = None) -> None:
        """Send a message."""
        named = {name: np.asarray(value, order="C") for name, value in (arrays or {}).items()}
        told = [[name, value.dtype.str, value.shape] for name, value in named.items()]
        line = json.dumps({**head, "arrays": told}).encode() + b"\n"
        try:
            self._connection.sendall(b"".join([line, *(one.tobytes() for one in named.values())]))
        except OSError as exc:
            raise self._lost() from exc

    def receive(self) -> tuple[dict[str, Any], Arrays]:
        """Return the next message.

        Raises
        ------
        DeviceLostError
            When the other side has gone.
        """
        try:
            line = self._stream.readline(_LONGEST_LINE)
            head = json.loads(line) if line else None
            if head is None:
                raise self._lost()
            return head, {name: self._array(*told) for name, *told in head["arrays"]}
        except (OSError, ValueError) as exc:
            raise self._lost() from exc

    def _array(self, kind: str, shape: list[int]) -> npt.NDArray[Any]:
        dtype = np.dtype(kind)
        body = bytearray(self._stream.read(dtype.itemsize * math.prod(shape)))
        return np.frombuffer(body, dtype).reshape(shape)

    def ask(self, do: str, **words: Any) -> tuple[dict[str, Any], Arrays]:
        """Send a request and return the answer; the other side's error is raised here."""
        self.send({"do": do, **words})
        head, arrays = self.receive()
        if not head["ok"]:
            raise DeviceError(head["subject"], head["fault"], head["remedy"])
        return head, arrays

    def close(self) -> None:
        """Hang up."""
        self._stream.close()
        self._connection.close()

    def _lost(self) -> DeviceLostError:
        return DeviceLostError(
            self._name, "the simulated studio has ended", "start it again with sim:portrait"
        )
