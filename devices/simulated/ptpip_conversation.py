"""One host's session with a simulated camera over PTP/IP: what all makers' dialects share.

Packets (CIPA DC-005), the standard's operations (ISO 15740) on the card, and the faults of a
download. A dialect adds its maker's settings, events, live view and release.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable

from devices.simulated.camera_body import CameraBody
from devices.simulated.ptp_codes import (
    DCIM_HANDLE,
    FOLDER_FORMAT,
    FOLDER_HANDLE,
    JPEG_FORMAT,
    RAM_HANDLE,
    ROOT,
    STORAGE,
    Operation,
    Response,
)
from devices.simulated.ptp_data import Maker, array32, device_info, object_info, storage_info

_REQUEST, _RESPONSE, _START_DATA, _DATA, _END_DATA = 6, 7, 9, 10, 12
_HOST_SENDS_DATA = 2
#: Operations that carry a picture's bytes, in which a transfer can break.
_FILES = (Operation.GET_OBJECT, Operation.GET_PARTIAL_OBJECT, Operation.EOS_GET_PARTIAL_OBJECT)

Answer = tuple[Response, bytes | None]


class Conversation:
    """One host's session: a request, its data, an answer, and again.

    Parameters
    ----------
    connection : socket
        The command channel, after the handshake.
    body : CameraBody
    """

    maker: Maker

    def __init__(self, connection: socket.socket, body: CameraBody) -> None:
        self._connection = connection
        self._body = body
        simple: dict[int, Callable[[tuple[int, ...]], Answer]] = {
            Operation.GET_DEVICE_INFO: self._device_info,
            Operation.OPEN_SESSION: nothing,
            Operation.CLOSE_SESSION: nothing,
            Operation.GET_STORAGE_IDS: lambda p: (Response.OK, array32([STORAGE])),
            Operation.GET_STORAGE_INFO: self._storage_info,
            Operation.GET_NUM_OBJECTS: lambda p: (Response.OK, None),
            Operation.GET_OBJECT_HANDLES: self._handles,
            Operation.GET_OBJECT_INFO: self._object_info,
            Operation.GET_OBJECT: self._object,
            Operation.GET_THUMB: lambda p: (Response.NO_THUMBNAIL, None),
            Operation.DELETE_OBJECT: self._delete,
            Operation.GET_PARTIAL_OBJECT: self._partial_object,
        }
        self._answers = simple
        self._takes_data: dict[int, Callable[[tuple[int, ...], bytes], Response]] = {}

    def run(self) -> None:
        """Answer until the host hangs up."""
        while True:
            kind, payload = receive_packet(self._connection)
            if kind != _REQUEST:
                continue
            phase, operation, transaction = struct.unpack_from("<IHI", payload)
            parameters = struct.unpack(f"<{(len(payload) - 10) // 4}I", payload[10:])
            data = self._data_in() if phase == _HOST_SENDS_DATA else b""
            if operation in self._takes_data:
                code, answer = self._takes_data[operation](parameters, data), None
            elif operation in self._answers:
                code, answer = self._answers[operation](parameters)
            else:
                code, answer = Response.OPERATION_NOT_SUPPORTED, None
            if code == Response.OK and answer is not None:
                is_file = operation in _FILES
                self._data_out(transaction, answer, breakable=is_file)
            self._acknowledge_at_once()
            send_packet(self._connection, _RESPONSE, struct.pack("<HI", code, transaction))

    def _acknowledge_at_once(self) -> None:
        """Without this every property that is set takes 42 ms of delayed acknowledgement."""
        if hasattr(socket, "TCP_QUICKACK"):
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    # --- data phases ------------------------------------------------------------------------

    def _data_in(self) -> bytes:
        self._acknowledge_at_once()
        parts = []
        while True:
            kind, payload = receive_packet(self._connection)
            if kind in (_DATA, _END_DATA):
                parts.append(payload[4:])
            if kind == _END_DATA:
                return b"".join(parts)

    def _data_out(self, transaction: int, data: bytes, breakable: bool) -> None:
        start = struct.pack("<IIIQ", 20, _START_DATA, transaction, len(data))
        end = struct.pack("<III", 12 + len(data), _END_DATA, transaction)
        faults = self._body.faults
        if breakable and faults.cut and faults.cut_at_byte <= len(data):
            how, faults.cuts = faults.cut, faults.cuts - 1
            if faults.cuts <= 0:
                faults.cut, faults.cuts = "", 1
            self._connection.sendall(start + end + data[: faults.cut_at_byte])
            self._break(how)
        self._connection.sendall(start + end)
        self._connection.sendall(data)

    def _break(self, how: str) -> None:
        if how == "stall":
            # Silence until the host gives up and hangs up.
            self._connection.settimeout(30.0)
            self._connection.recv(1)
        elif how == "garbage":
            self._connection.sendall(os.urandom(4096))
        elif how == "reset":
            linger = struct.pack("ii", 1, 0)
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        raise EOFError(how)

    # --- operations -------------------------------------------------------------------------

    def _device_info(self, parameters: tuple[int, ...]) -> Answer:
        operations = [*self._answers, *self._takes_data]
        properties = self._standard_properties()
        return Response.OK, device_info(self.maker, operations, properties, self._body.serial)

    def _standard_properties(self) -> list[int]:
        """Return the codes of settings that the device information lists."""
        return []

    def _storage_info(self, parameters: tuple[int, ...]) -> Answer:
        return Response.OK, storage_info(self._body.free_bytes, 3000)

    def _handles(self, parameters: tuple[int, ...]) -> Answer:
        parent = parameters[2] if len(parameters) > 2 else 0
        folders = {ROOT: [DCIM_HANDLE], DCIM_HANDLE: [FOLDER_HANDLE]}
        if parent in folders:
            return Response.OK, array32(folders[parent])
        pictures = list(self._body.card)
        if parent == 0:
            return Response.OK, array32([DCIM_HANDLE, FOLDER_HANDLE, *pictures])
        return Response.OK, array32(pictures if parent == FOLDER_HANDLE else [])

    def _object_info(self, parameters: tuple[int, ...]) -> Answer:
        handle = parameters[0]
        if handle == DCIM_HANDLE:
            return Response.OK, object_info(STORAGE, FOLDER_FORMAT, 0, 0, "DCIM")
        if handle == FOLDER_HANDLE:
            return Response.OK, object_info(STORAGE, FOLDER_FORMAT, 0, DCIM_HANDLE, "100NZ850")
        picture = self._body.picture(handle)
        if picture is None:
            return Response.INVALID_HANDLE, None
        parent, storage = (0, 0) if handle == RAM_HANDLE else (FOLDER_HANDLE, STORAGE)
        size, taken = len(picture.data), picture.taken
        return Response.OK, object_info(
            storage, JPEG_FORMAT, size, parent, picture.name, picture.pixels, taken
        )

    def _object(self, parameters: tuple[int, ...]) -> Answer:
        picture = self._body.picture(parameters[0])
        return (Response.OK, picture.data) if picture else (Response.INVALID_HANDLE, None)

    def _partial_object(self, parameters: tuple[int, ...]) -> Answer:
        handle, offset, count = parameters[:3]
        picture = self._body.picture(handle)
        if picture is None:
            return Response.INVALID_HANDLE, None
        return Response.OK, picture.data[offset : offset + count]

    def _delete(self, parameters: tuple[int, ...]) -> Answer:
        with self._body.lock:
            if parameters[0] == RAM_HANDLE:
                self._body.ram = None
                return Response.OK, None
            found = self._body.card.pop(parameters[0], None)
        return (Response.OK if found else Response.INVALID_HANDLE), None


def nothing(parameters: tuple[int, ...]) -> Answer:
    """Accept what has no effect here."""
    return Response.OK, None


def send_packet(connection: socket.socket, kind: int, payload: bytes) -> None:
    """Send one packet of PTP/IP."""
    connection.sendall(struct.pack("<II", 8 + len(payload), kind) + payload)


def receive_packet(connection: socket.socket) -> tuple[int, bytes]:
    """Return the next packet's type and payload.

    Raises
    ------
    EOFError
        When the host hung up.
    """
    length, kind = struct.unpack("<II", _exactly(connection, 8))
    return kind, _exactly(connection, length - 8)


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise EOFError("the host hung up")
        data += part
    return bytes(data)
