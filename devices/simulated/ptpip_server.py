"""The simulated camera on the network: PTP/IP (CIPA DC-005) in Nikon's dialect, on loopback.

The real ptp2 driver of libgphoto2 speaks to it at ``ptpip:127.0.0.1:PORT:PORT``. One host at a
time, as a real body has it.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
from collections.abc import Callable

from devices.simulated.camera_body import MODEL, CameraBody
from devices.simulated.ptp_codes import (
    DCIM_HANDLE,
    FOLDER_FORMAT,
    FOLDER_HANDLE,
    JPEG_FORMAT,
    RAM_HANDLE,
    ROOT,
    STORAGE,
    Event,
    Operation,
    Property,
    Response,
)
from devices.simulated.ptp_data import (
    array16,
    array32,
    device_info,
    object_info,
    storage_info,
    value_bytes,
    value_from,
)

_INIT_COMMAND, _INIT_COMMAND_ACK, _INIT_EVENT, _INIT_EVENT_ACK, _INIT_FAIL = 1, 2, 3, 4, 5
_REQUEST, _RESPONSE, _START_DATA, _DATA, _END_DATA = 6, 7, 9, 10, 12
_HOST_SENDS_DATA = 2
_BUSY_REASON = 2

Answer = tuple[Response, bytes | None]


class PtpIpServer:
    """Listens, and serves one host after another until closed."""

    def __init__(self, body: CameraBody, port: int = 0) -> None:
        self._body = body
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
            kind, _ = _receive(connection)
            if kind == _INIT_EVENT:
                _send(connection, _INIT_EVENT_ACK, b"")
                # Nikon bodies are asked for their events; this channel only shows who is there.
                while connection.recv(4096):
                    pass
            elif not self._serving.acquire(blocking=False):
                _send(connection, _INIT_FAIL, struct.pack("<I", _BUSY_REASON))
            else:
                try:
                    name = f"{MODEL}\0".encode("utf-16-le")
                    head = struct.pack("<I16s", 1, b"mattebox-studio\0")
                    _send(connection, _INIT_COMMAND_ACK, head + name + struct.pack("<I", 0x10000))
                    _Conversation(connection, self._body).run()
                finally:
                    self._serving.release()
        self._connections.discard(connection)

    def close(self) -> None:
        """Stop listening, and hang up."""
        for connection in (self._listener, *self._connections):
            with contextlib.suppress(OSError):  # gone already
                connection.shutdown(socket.SHUT_RDWR)
        self._listener.close()


class _Conversation:
    """One host's session: a request, its data, an answer, and again."""

    def __init__(self, connection: socket.socket, body: CameraBody) -> None:
        self._connection = connection
        self._body = body
        simple: dict[int, Callable[[tuple[int, ...]], Answer]] = {
            Operation.GET_DEVICE_INFO: self._device_info,
            Operation.OPEN_SESSION: _nothing,
            Operation.CLOSE_SESSION: _nothing,
            Operation.GET_STORAGE_IDS: lambda p: (Response.OK, array32([STORAGE])),
            Operation.GET_STORAGE_INFO: self._storage_info,
            Operation.GET_NUM_OBJECTS: lambda p: (Response.OK, None),
            Operation.GET_OBJECT_HANDLES: self._handles,
            Operation.GET_OBJECT_INFO: self._object_info,
            Operation.GET_OBJECT: self._object,
            Operation.GET_THUMB: lambda p: (Response.NO_THUMBNAIL, None),
            Operation.DELETE_OBJECT: self._delete,
            Operation.GET_PARTIAL_OBJECT: self._partial_object,
            Operation.GET_PROPERTY_DESCRIPTION: self._describe,
            Operation.GET_PROPERTY_VALUE: self._value,
            Operation.NIKON_CAPTURE: lambda p: (self._body.release(to_ram=False), None),
            Operation.NIKON_AF_DRIVE: _nothing,
            Operation.NIKON_CHANGE_CAMERA_MODE: _nothing,
            Operation.NIKON_DELETE_IMAGES_IN_SDRAM: _nothing,
            Operation.NIKON_GET_EVENT: self._events,
            Operation.NIKON_DEVICE_READY: self._ready,
            Operation.NIKON_GET_VENDOR_PROPERTIES: self._vendor_properties,
            Operation.NIKON_START_LIVE_VIEW: self._start_live_view,
            Operation.NIKON_END_LIVE_VIEW: self._end_live_view,
            Operation.NIKON_GET_LIVE_VIEW_IMAGE: self._live_view_image,
            Operation.NIKON_MANUAL_FOCUS_DRIVE: _nothing,
            Operation.NIKON_CAPTURE_REC_IN_MEDIA: self._capture_in_media,
        }
        self._answers = simple

    def run(self) -> None:
        """Answer until the host hangs up."""
        while True:
            kind, payload = _receive(self._connection)
            if kind != _REQUEST:
                continue
            phase, operation, transaction = struct.unpack_from("<IHI", payload)
            parameters = struct.unpack(f"<{(len(payload) - 10) // 4}I", payload[10:])
            data = self._data_in() if phase == _HOST_SENDS_DATA else b""
            if operation == Operation.SET_PROPERTY_VALUE:
                code, answer = self._set_value(parameters[0], data), None
            elif operation in self._answers:
                code, answer = self._answers[operation](parameters)
            else:
                code, answer = Response.OPERATION_NOT_SUPPORTED, None
            if code == Response.OK and answer is not None:
                is_file = operation in (Operation.GET_OBJECT, Operation.GET_PARTIAL_OBJECT)
                self._data_out(transaction, answer, breakable=is_file)
            self._acknowledge_at_once()
            _send(self._connection, _RESPONSE, struct.pack("<HI", code, transaction))

    def _acknowledge_at_once(self) -> None:
        """Without this every property that is set takes 42 ms of delayed acknowledgement."""
        if hasattr(socket, "TCP_QUICKACK"):
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    # --- data phases ------------------------------------------------------------------------

    def _data_in(self) -> bytes:
        self._acknowledge_at_once()
        parts = []
        while True:
            kind, payload = _receive(self._connection)
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
        operations = [*self._answers, Operation.SET_PROPERTY_VALUE]
        standard = [code for code in self._body.properties if code < 0xD000]
        return Response.OK, device_info(operations, list(Event), standard, MODEL, self._body.serial)

    def _vendor_properties(self, parameters: tuple[int, ...]) -> Answer:
        return Response.OK, array16(code for code in self._body.properties if code >= 0xD000)

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

    def _describe(self, parameters: tuple[int, ...]) -> Answer:
        state = self._body.properties.get(parameters[0])
        if state is None:
            return Response.PROPERTY_NOT_SUPPORTED, None
        return Response.OK, state.description(parameters[0])

    def _value(self, parameters: tuple[int, ...]) -> Answer:
        state = self._body.properties.get(parameters[0])
        if state is None:
            return Response.PROPERTY_NOT_SUPPORTED, None
        return Response.OK, value_bytes(state.kind, state.value)

    def _set_value(self, code: int, data: bytes) -> Response:
        state = self._body.properties.get(code)
        if state is None:
            return Response.PROPERTY_NOT_SUPPORTED
        return self._body.set_property(code, value_from(state.kind, data))

    def _events(self, parameters: tuple[int, ...]) -> Answer:
        events = self._body.take_events()
        data = struct.pack("<H", len(events))
        return Response.OK, data + b"".join(struct.pack("<HI", *event) for event in events)

    def _ready(self, parameters: tuple[int, ...]) -> Answer:
        return (Response.DEVICE_BUSY if self._body.busy else Response.OK), None

    def _capture_in_media(self, parameters: tuple[int, ...]) -> Answer:
        to_ram = len(parameters) > 1 and parameters[1] == 1
        return self._body.release(to_ram), None

    def _start_live_view(self, parameters: tuple[int, ...]) -> Answer:
        if self._body.faults.live_view_refused:
            return Response.DEVICE_BUSY, None
        self._set_live(True)
        return Response.OK, None

    def _end_live_view(self, parameters: tuple[int, ...]) -> Answer:
        self._set_live(False)
        return Response.OK, None

    def _set_live(self, on: bool) -> None:
        self._body.live = on
        self._body.properties[Property.NIKON_LIVE_VIEW_STATUS].value = int(on)

    def _live_view_image(self, parameters: tuple[int, ...]) -> Answer:
        if not self._body.live:
            return Response.NIKON_NOT_LIVE_VIEW, None
        if self._body.busy:
            return Response.DEVICE_BUSY, None
        return Response.OK, bytes(128) + self._body.live_jpeg()


def _nothing(parameters: tuple[int, ...]) -> Answer:
    """Accept what has no effect here."""
    return Response.OK, None


def _send(connection: socket.socket, kind: int, payload: bytes) -> None:
    connection.sendall(struct.pack("<II", 8 + len(payload), kind) + payload)


def _receive(connection: socket.socket) -> tuple[int, bytes]:
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
