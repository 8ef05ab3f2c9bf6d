"""The simulated camera in the dialect of newer Canon bodies, such as an EOS R.

Beside that of `canon_dialect`: the shutter button is pressed half (the body focuses, and says so),
then fully, and let go in two steps; and a new file is announced with a size of 64 bits.
"""

from __future__ import annotations

import struct

from devices.simulated.canon_dialect import CanonConversation, record
from devices.simulated.ptp_codes import (
    FOLDER_HANDLE,
    JPEG_FORMAT,
    STORAGE,
    EosEvent,
    Operation,
    Response,
)
from devices.simulated.ptp_data import Maker
from devices.simulated.ptpip_conversation import Answer

#: The bit of a press, or of letting go, that opens the shutter; the other is half way.
_FULL = 2


class CanonRConversation(CanonConversation):
    """One host's session with a Canon EOS R."""

    maker = Maker(0x0000000B, "Canon Inc.", "Canon EOS R")

    def _releases(self) -> None:
        self._answers |= {
            Operation.EOS_REMOTE_RELEASE_ON: self._press,
            Operation.EOS_REMOTE_RELEASE_OFF: self._let_go,
        }

    def _press(self, parameters: tuple[int, ...]) -> Answer:
        newly = parameters[0] & ~self._body.pressed
        if newly & _FULL:
            answer = self._body.press_shutter()
            if answer != Response.OK:
                return answer, None
        self._body.pressed |= newly
        return Response.OK, None

    def _let_go(self, parameters: tuple[int, ...]) -> Answer:
        self._body.pressed &= ~parameters[0]
        return Response.OK, None

    def _file_added(self, handle: int, name: bytes, size: int) -> bytes:
        head = struct.pack(
            "<5IQ2I", handle, STORAGE, JPEG_FORMAT, 0, 0, size, FOLDER_HANDLE, handle
        )
        return record(EosEvent.OBJECT_ADDED_64, head, name)
