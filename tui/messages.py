"""What the app's threads tell its screens. Workers post; only screens draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from textual.message import Message

if TYPE_CHECKING:
    from capture.session_naming import NamingState
    from capture.shot import Shot
    from devices.frames import Setting
    from matting.imaging.errors import MatteboxError


class SessionOpened(Message):
    """The devices answer; live view has begun."""

    def __init__(
        self, description: str, settings: dict[str, Setting], *, drives_focus: bool = False
    ) -> None:
        super().__init__()
        self.description = description
        self.settings = settings
        self.drives_focus = drives_focus


class FrameArrived(Message):
    """A live frame was measured and waits to be drawn."""


class SettingsChanged(Message):
    """The camera's settings were read afresh."""

    def __init__(self, settings: dict[str, Setting]) -> None:
        super().__init__()
        self.settings = settings


class Progress(Message):
    """A step of the work under way, in words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class ShotArrived(Message):
    """A photograph is safe and not worked on yet; `preview` is (h, w, 3) uint8, at screen size."""

    def __init__(self, shot_id: int, preview: npt.NDArray[np.uint8]) -> None:
        super().__init__()
        self.shot_id = shot_id
        self.preview = preview


class RunsLow(Message):
    """Battery or card of the camera run low; in words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class ShotFinished(Message):
    """A shot is safe and has been seen through."""

    def __init__(self, shot: Shot) -> None:
        super().__init__()
        self.shot = shot


class ShotsReopened(Message):
    """The session folder's earlier shots, and which of them are marked for a reshoot."""

    def __init__(self, shots: list[Shot], marked: frozenset[int]) -> None:
        super().__init__()
        self.shots = shots
        self.marked = marked


class NamingTold(Message):
    """How shots are named, asked for to be changed."""

    def __init__(self, state: NamingState) -> None:
        super().__init__()
        self.state = state


class DepthStacked(Message):
    """So many depth frames make the depth of the next shots."""

    def __init__(self, frames: int) -> None:
        super().__init__()
        self.frames = frames


class ThreadFailed(Message):
    """A thread ended by a fault that nobody foresaw."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class Failed(Message):
    """Something that was asked for could not be done."""

    def __init__(self, error: MatteboxError) -> None:
        super().__init__()
        self.error = error
