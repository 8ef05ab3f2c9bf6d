"""Which announced files are one shot: RAW beside JPEG, in any order, late or never; bursts.

A camera announces files one by one, and not in an order that can be relied on. Files are one
shot when their names on the card differ in the ending alone and they are of different kinds: two
JPEGs of one name are two shots, of which one came after the counter had rolled over. In the
camera's memory names say nothing; there a file completes the oldest shot that lacks its kind.

The state is a value: each step returns the next, and the clock is handed in.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace

from devices.frames import CameraObject

#: A shot is looked at when nothing has joined it for this long, where single files are expected.
QUIET_S = 0.15
#: Where pairs are expected, the second half is waited for this long; then the shot goes without.
PATIENCE_S = 3.0
#: A half that comes later than this, and shows no time of its own, is a shot of its own.
LATE_S = 120.0
#: Both halves bear the time of one exposure, to the second.
_SAME_EXPOSURE_S = 2

_RAW = {
    ".nef", ".nrw", ".cr2", ".cr3", ".crw", ".arw", ".raf", ".rw2", ".dng", ".orf", ".iiq", ".3fr",
    ".pef", ".srw",
}  # fmt: skip
_PHOTO = {".jpg", ".jpeg", ".heic", ".heif", ".hif", ".tif", ".tiff", ".png"}


def kind_of(name: str) -> str:
    """Return "raw", "photo", or of anything else (sidecars, sound, films) its ending."""
    ending = posixpath.splitext(name)[1].lower()
    if ending in _RAW:
        return "raw"
    return "photo" if ending in _PHOTO else ending[1:]


@dataclass(frozen=True, slots=True)
class OpenShot:
    """A shot that may still grow.

    Parameters
    ----------
    shot_id : int
    files : tuple of CameraObject
        In the order in which they were announced.
    first_s, last_s : float
        Monotonic clock when the first and the newest of them were announced, seconds.
    looked_at : bool
        Whether it was handed on; what still joins it comes late.
    """

    shot_id: int
    files: tuple[CameraObject, ...]
    first_s: float
    last_s: float
    looked_at: bool = False

    @property
    def kinds(self) -> set[str]:
        """The kinds of its files."""
        return {kind_of(item.name) for item in self.files}

    @property
    def paired(self) -> bool:
        """Whether both RAW and developed photograph are there."""
        return {"raw", "photo"} <= self.kinds

    def takes(self, item: CameraObject, now_s: float) -> bool:
        """Tell whether a file, announced now, belongs to this shot."""
        first = self.files[0]
        if item in self.files and not item.in_ram:
            return True
        if item.in_ram != first.in_ram:
            return False
        # Names first: of a long burst's shots nearly all differ in them.
        if not item.in_ram and (item.folder, _stem(item)) != (first.folder, _stem(first)):
            return False
        if kind_of(item.name) in self.kinds:
            return False
        if item.in_ram:
            return now_s - self.first_s <= PATIENCE_S
        if item.made_s is not None and first.made_s is not None:
            return abs(item.made_s - first.made_s) <= _SAME_EXPOSURE_S
        return now_s - self.first_s <= LATE_S

    def settled(self, now_s: float, pairs_expected: bool) -> bool:
        """Tell whether the shot need be waited for no longer."""
        if pairs_expected:
            return self.paired or now_s - self.first_s >= PATIENCE_S
        return now_s - self.last_s >= QUIET_S


@dataclass(frozen=True, slots=True)
class Pairing:
    """The shots that may still grow, oldest first."""

    shots: tuple[OpenShot, ...] = ()

    def shot_of(self, item: CameraObject, now_s: float) -> int | None:
        """Return the number of the shot that a file belongs to, None for a shot of its own."""
        return next((shot.shot_id for shot in self.shots if shot.takes(item, now_s)), None)

    def with_file(self, shot_id: int, item: CameraObject, now_s: float) -> Pairing:
        """Return the state after a file was announced for that shot, which may be new."""
        known = self.shot(shot_id)
        if known is None:
            return Pairing((*self.shots, OpenShot(shot_id, (item,), now_s, now_s)))
        files = known.files if item in known.files else (*known.files, item)
        return self._with(replace(known, files=files, last_s=now_s))

    def with_looked_at(self, shot_id: int) -> Pairing:
        """Return the state after a shot was handed on."""
        shot = self.shot(shot_id)
        return self if shot is None else self._with(replace(shot, looked_at=True))

    def without_old(self, now_s: float) -> Pairing:
        """Return the state without shots that were handed on and are too old to grow."""
        return Pairing(
            tuple(s for s in self.shots if not s.looked_at or now_s - s.first_s <= LATE_S)
        )

    def settled(self, now_s: float, pairs_expected: bool) -> tuple[int, ...]:
        """Return the shots that can be handed on, oldest first."""
        return tuple(
            shot.shot_id
            for shot in self.shots
            if not shot.looked_at and shot.settled(now_s, pairs_expected)
        )

    def shot(self, shot_id: int) -> OpenShot | None:
        """Return an open shot by its number."""
        return next((shot for shot in self.shots if shot.shot_id == shot_id), None)

    def _with(self, changed: OpenShot) -> Pairing:
        return Pairing(tuple(changed if s.shot_id == changed.shot_id else s for s in self.shots))


def _stem(item: CameraObject) -> str:
    stem, dot, ending = item.name.rpartition(".")
    return (stem if dot else ending).lower()
