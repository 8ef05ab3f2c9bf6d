"""The simulated camera on the network: PTP/IP (CIPA DC-005) on loopback, in a maker's dialect.

The real ptp2 driver of libgphoto2 speaks to it at ``ptpip:127.0.0.1:PORT:PORT``. One host at a
time, as a real body has it.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import Literal

from devices.simulated.camera_body import CameraBody
from devices.simulated.canon_dialect import CanonConversation
from devices.simulated.canon_r_dialect import CanonRConversation
from devices.simulated.nikon_dialect import NikonConversation
from devices.simulated.ptpip_conversation import Conversation, receive_packet, send_packet

_INIT_COMMAND, _INIT_COMMAND_ACK, _INIT_EVENT, _INIT_EVENT_ACK, _INIT_FAIL = 1, 2, 3, 4, 5
_BUSY_REASON = 2

Dialect = Literal["nikon", "canon", "canon-r"]
_CONVERSATIONS: dict[Dialect, type[Conversation]] = {
    "nikon": NikonConversation,
    "canon": CanonConversation,
    "canon-r": CanonRConversation,
}


class PtpIpServer:
    """Listens, and serves one host after another until closed."""

    def __init__(self, body: CameraBody, dialect: Dialect = "nikon", port: int = 0) -> None:
        self._body = body
        self._conversation = _CONVERSATIONS[dialect]
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._serving = threading.Lock()
        self._connections: set[socket.socket] = set()
        threading.Thread(target=self._accept, name="ptpip", daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connections.add(connection)
        with contextlib.suppress(OSError, EOFError), connection:
            kind, _ = receive_packet(connection)
            if kind == _INIT_EVENT:
                send_packet(connection, _INIT_EVENT_ACK, b"")
                # These bodies are asked for their events; this channel only shows who is there.
                while connection.recv(4096):
                    pass
            elif not self._serving.acquire(blocking=False):
                send_packet(connection, _INIT_FAIL, struct.pack("<I", _BUSY_REASON))
            else:
                try:
                    name = f"{self._conversation.maker.model}\0".encode("utf-16-le")
                    head = struct.pack("<I16s", 1, b"mattebox-studio\0")
                    send_packet(
                        connection, _INIT_COMMAND_ACK, head + name + struct.pack("<I", 0x10000)
                    )
                    self._conversation(connection, self._body).run()
                finally:
                    self._serving.release()
        self._connections.discard(connection)

    def close(self) -> None:
        """Stop listening, and hang up."""
        for connection in (self._listener, *self._connections):
            with contextlib.suppress(OSError):  # gone already
                connection.shutdown(socket.SHUT_RDWR)
        self._listener.close()
