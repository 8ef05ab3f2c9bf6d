"""The studio's control port: one JSON line each way, arrays behind it as npz. Loopback only.

A request is ``{"do": NAME, ...}``; the answer ``{"ok": true, "bytes": N, ...}`` followed by N
bytes of npz (N may be 0), or ``{"ok": false, "subject": ..., "fault": ..., "remedy": ...}``.
"""

from __future__ import annotations

import io
import json
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
        body = b""
        if arrays:
            data = io.BytesIO()
            np.savez(data, **arrays)  # type: ignore[arg-type]
            body = data.getvalue()
        line = json.dumps({**head, "bytes": len(body)}).encode() + b"\n"
        try:
            self._connection.sendall(line + body)
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
            body = self._stream.read(head["bytes"]) if head else b""
        except (OSError, ValueError) as exc:
            raise self._lost() from exc
        if head is None or len(body) < head["bytes"]:
            raise self._lost()
        if not body:
            return head, {}
        with np.load(io.BytesIO(body), allow_pickle=False) as stored:
            return head, {name: stored[name] for name in stored.files}

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
