"""The simulated camera in Nikon's dialect of PTP."""

from __future__ import annotations

import socket
import struct

from devices.simulated.camera_body import MODEL, CameraBody
from devices.simulated.ptp_codes import Event, Operation, Property, Response
from devices.simulated.ptp_data import Maker, array16, value_bytes, value_from
from devices.simulated.ptpip_conversation import Answer, Conversation, nothing

_FARTHER = 2


class NikonConversation(Conversation):
    """One host's session with a Nikon."""

    maker = Maker(0x0000000A, "Nikon Corporation", MODEL, tuple(Event))

    def __init__(self, connection: socket.socket, body: CameraBody) -> None:
        super().__init__(connection, body)
        self._answers |= {
            Operation.GET_PROPERTY_DESCRIPTION: self._describe,
            Operation.GET_PROPERTY_VALUE: self._value,
            Operation.NIKON_CAPTURE: lambda p: (self._body.release(to_ram=False), None),
            Operation.NIKON_AF_DRIVE: nothing,
            Operation.NIKON_CHANGE_CAMERA_MODE: nothing,
            Operation.NIKON_DELETE_IMAGES_IN_SDRAM: nothing,
            Operation.NIKON_GET_EVENT: self._events,
            Operation.NIKON_DEVICE_READY: self._ready,
            Operation.NIKON_GET_VENDOR_PROPERTIES: self._vendor_properties,
            Operation.NIKON_START_LIVE_VIEW: self._start_live_view,
            Operation.NIKON_END_LIVE_VIEW: self._end_live_view,
            Operation.NIKON_GET_LIVE_VIEW_IMAGE: self._live_view_image,
            Operation.NIKON_MANUAL_FOCUS_DRIVE: self._drive_focus,
            Operation.NIKON_CAPTURE_REC_IN_MEDIA: self._capture_in_media,
        }
        self._takes_data = {Operation.SET_PROPERTY_VALUE: self._set_value}

    def _standard_properties(self) -> list[int]:
        return [code for code in self._body.properties if code < 0xD000]

    def _vendor_properties(self, parameters: tuple[int, ...]) -> Answer:
        return Response.OK, array16(code for code in self._body.properties if code >= 0xD000)

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

    def _set_value(self, parameters: tuple[int, ...], data: bytes) -> Response:
        code = parameters[0]
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

    def _drive_focus(self, parameters: tuple[int, ...]) -> Answer:
        """Move the lens: which way (1 nearer, 2 farther), and by how many steps of its motor."""
        way, steps = parameters[:2]
        moved = self._body.drive_focus(steps if way == _FARTHER else -steps)
        return (Response.OK if moved else Response.NIKON_FOCUS_AT_ITS_END), None

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
