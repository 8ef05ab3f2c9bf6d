"""From what a camera announces to shots whose files are safe.

What is announced is journaled, fetched at once, copied to the backup and, only when that was
asked for, deleted on the camera afterwards. What fails to arrive waits on the camera and is tried
again, ever more seldom; a file that fails holds up nothing else.

Which frames belong to a session: all that the camera announces while it is connected, and all
that its card holds beyond what lay there when this session first met the camera. The card is read
when the session is opened and after every fault of the connection, in which announcements may
have been lost. So a frame that was made while the computer was away or after a crash comes in,
and last week's frames do not. A frame is known by folder, name, size and time, since names alone
repeat when a camera's counter starts again.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from capture.backup import Backup
from capture.burst import Burst
from capture.counted import counted
from capture.ingest import Arrived, Outcome, fetch, remove_temporaries
from capture.journal import FileRow, Journal
from capture.journal_arrivals import NOT_ON_A_CARD, Arrival
from capture.naming import Naming, file_name
from capture.pairs import Pairing
from capture.recovery import finish_arrivals
from devices.errors import DeviceError, TransferError
from devices.frames import CameraObject
from devices.interfaces import Camera
from matting.imaging.errors import MatteboxError

_TRANSFER_TRIES = 3
#: After that a file is tried again after 1, 2, 4 … seconds, and at last once a minute.
_LONGEST_PAUSE_S = 60.0
#: Files that were announced so long before a start are one shot with what is found on the card.
_RECENT_ARRIVALS = 200


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a file has not arrived, how often, and when it is tried again (monotonic seconds)."""

    error: MatteboxError
    times: int
    again_s: float


class Intake:
    """Takes in what one camera announces.

    Parameters
    ----------
    camera : Camera
    journal : Journal
    folder : Path
        The session folder, which is held.
    naming : Naming
    backup : Backup or None
    delete_after_verify : bool
        Whether to delete on the camera what is safe, in both copies where there is a backup.
    tell : callable of str
    """

    def __init__(
        self,
        camera: Camera,
        journal: Journal,
        folder: Path,
        naming: Naming,
        *,
        backup: Backup | None,
        delete_after_verify: bool,
        tell: Callable[[str], None],
    ) -> None:
        info = camera.info()
        self._camera = camera
        self._camera_key = info.serial or info.address
        self._model = info.model
        self._journal = journal
        self._folder = folder
        self._naming = naming
        self._backup = backup
        self._delete = delete_after_verify
        self._tell = tell
        self._heard: deque[CameraObject] = deque()
        self._failures: dict[int, Failure] = {}
        self._stems: dict[int, str] = {}
        self._pairing = Pairing()
        self._pairs_expected = False
        self._card_unread = self._quality_unread = True
        waiting = {arrival.shot_id for arrival in journal.waiting(self._camera_key)}
        for arrival in journal.recent_arrivals(self._camera_key, _RECENT_ARRIVALS):
            self._join(arrival.shot_id, arrival.item, Path(arrival.wanted).stem)
            if arrival.shot_id not in waiting:
                self._pairing = self._pairing.with_looked_at(arrival.shot_id)

    # --- what is announced ------------------------------------------------------------------

    def listen(self, timeout_s: float) -> None:
        """Wait for the camera to announce something, and journal it.

        Raises
        ------
        DeviceError
            When the camera fails; its card is read when it is back.
        OutputError
            When the journal cannot be written; what was heard is not forgotten.
        """
        try:
            if self._card_unread:
                self._read_card()
            if self._quality_unread:
                self._read_quality()
            self._heard += self._camera.next_files(timeout_s)
        except DeviceError:
            self._card_unread = True
            raise
        self._take_up()

    def announce(self, items: Iterable[CameraObject]) -> int | None:
        """Journal what the camera announced; return the first new file's shot, None for none."""
        self._heard += items
        return self._take_up()

    def use_naming(self, naming: Naming) -> None:
        """Name the shots that are announced from now on in another way."""
        self._naming = naming

    def settings_changed(self) -> None:
        """Learn anew whether the camera makes pairs."""
        self._quality_unread = True

    def _read_quality(self) -> None:
        """Tell by the camera's quality setting, such as ``NEF+Fine``, whether halves will come."""
        quality = self._camera.settings().get("image_quality")
        self._pairs_expected = quality is not None and "+" in quality.value
        self._quality_unread = False

    def _read_card(self) -> None:
        """Announce what the card holds and this session should have; see the head of the file."""
        card = self._camera.listing()
        before = self._journal.card_before(self._camera_key)
        if before is None:
            # A frame that is announced at this moment is new, although it is on the card already.
            self._heard += self._camera.next_files(0.0)
            self._journal.meet_camera(self._camera_key, set(card).difference(self._heard))
        else:
            missed = [item for item in card if item not in before and not self._is_known(item)]
            if missed:
                files = counted(len(missed), "file on the card is", "files on the card are")
                self._tell(f"{files} not in the session: fetched now")
            self._heard += missed
        on_card = set(card)
        waiting = self._journal.waiting(self._camera_key)
        remove_temporaries([a for a in waiting if a.item in on_card], self._folder)
        self._card_unread = False

    def _take_up(self) -> int | None:
        """Journal all that was heard at once, or nothing of it: then it is heard still."""
        before = self._pairing, self._stems
        self._pairing = self._pairing.without_old(time.monotonic())
        open_shots = {shot.shot_id for shot in self._pairing.shots}
        self._stems = {n: stem for n, stem in self._stems.items() if n in open_shots}
        shots = []
        try:
            with self._journal.together():
                for item in self._heard:
                    if self._is_known(item):
                        # Told twice, or another frame by an old name that the driver takes for it.
                        self._card_unread = True
                    else:
                        shots.append((self._journaled(item), item))
        except MatteboxError:
            self._pairing, self._stems = before
            raise
        self._heard.clear()
        for shot_id, item in shots:
            if item.in_ram:
                self._tell(f"shot {shot_id:04d} is {NOT_ON_A_CARD}")
        return shots[0][0] if shots else None

    def _journaled(self, item: CameraObject) -> int:
        shot_id = self._pairing.shot_of(item, time.monotonic())

        def name(number: int) -> str:
            stem = self._stems.get(number) or self._naming.stem(number, item, datetime.now())
            return file_name(stem, item.name)

        arrival = self._journal.announce(self._camera_key, item, name, shot_id, self._model)
        self._join(arrival.shot_id, item, Path(arrival.wanted).stem)
        return arrival.shot_id

    def _is_known(self, item: CameraObject) -> bool:
        """Tell whether a file of the card is in the journal; one in memory is always new."""
        return not item.in_ram and self._journal.has_announced(self._camera_key, item)

    def _join(self, shot_id: int, item: CameraObject, stem: str) -> None:
        self._stems[shot_id] = stem
        self._pairing = self._pairing.with_file(shot_id, item, time.monotonic())

    # --- what is fetched --------------------------------------------------------------------

    def fetch(self) -> None:
        """Fetch what waits and is due; what fails is told, and waits on.

        While files are made safe, the next are on their way; see `capture.burst`.
        """
        if self._failures:
            # A full disk may have stopped one between its name and the journal.
            finish_arrivals(self._journal, self._folder, self._camera_key)
        with Burst(self._journal, self._folder) as burst:
            for arrival in self._due():
                arrived = self._fetched(arrival)
                if arrived is not None:
                    burst.add(arrived)
                self._take_down(burst.outcomes())
            self._take_down(burst.last_outcomes())

    def _due(self) -> list[Arrival]:
        now_s = time.monotonic()
        failures = self._failures
        return [
            arrival
            for arrival in self._journal.waiting(self._camera_key)
            if (failure := failures.get(arrival.arrival_id)) is None or now_s >= failure.again_s
        ]

    def _fetched(self, arrival: Arrival) -> Arrived | None:
        for left in reversed(range(_TRANSFER_TRIES)):
            try:
                return fetch(self._camera, arrival, self._folder)
            except TransferError as exc:
                self._card_unread = True
                if left == 0:
                    self._failed(arrival, exc)
                else:
                    self._tell(f"{exc.subject} {exc.fault}; once more")
            except MatteboxError as exc:
                self._card_unread |= isinstance(exc, DeviceError)
                self._failed(arrival, exc)
                break
        return None

    def _take_down(self, outcomes: Iterable[Outcome]) -> None:
        for arrived, row in outcomes:
            if isinstance(row, MatteboxError):
                self._failed(arrived.arrival, row)
            else:
                self._failures.pop(arrived.arrival.arrival_id, None)
                self._arrived(arrived.arrival, row)

    def _failed(self, arrival: Arrival, error: MatteboxError) -> None:
        before = self._failures.get(arrival.arrival_id)
        times = before.times + 1 if before else 1
        pause_s = min(2.0 ** (times - 1), _LONGEST_PAUSE_S)
        self._failures[arrival.arrival_id] = Failure(error, times, time.monotonic() + pause_s)
        if before is None or str(before.error) != str(error):
            place = f"is {NOT_ON_A_CARD}" if arrival.item.in_ram else "waits on the camera"
            self._tell(f"{arrival.item.path} {place}: {error}")

    def _arrived(self, arrival: Arrival, row: FileRow) -> None:
        shot = self._pairing.shot(arrival.shot_id)
        if shot is not None and shot.looked_at:
            self._tell(f"{row.path} came late; it belongs to shot {row.shot_id:04d}")
        backed_up = self.make_up_backups() if self._backup else True
        if arrival.item.in_ram or (self._delete and backed_up):
            try:
                self._camera.delete(arrival.item)
            except DeviceError as exc:
                self._card_unread = True
                self._tell(f"{arrival.item.path} stays on the camera: {exc}")

    def make_up_backups(self) -> bool:
        """Copy to the backup what is not there yet; return whether all of it is there now."""
        if self._backup is None:
            return True
        with self._backup.writing:
            for row in self._journal.without_backup():
                try:
                    copy = self._backup.copy(self._folder / row.path, row.digest)
                    self._journal.add_backup(row.path, copy)
                except MatteboxError as exc:
                    self._tell(f"{row.path} is safe in one copy only: {exc}")
                    return False
        return True

    def backed_up(self, files: Iterable[FileRow]) -> bool:
        """Tell whether files of the camera are in the backup, where there is one."""
        copies = self._journal.backups() if self._backup else {}
        return self._backup is None or all(row.path in copies for row in files if row.camera_path)

    # --- shots ------------------------------------------------------------------------------

    def settled_shot(self) -> int | None:
        """Return the oldest shot that has something safe and waits for nothing more."""
        return next((number for number in self._settled() if self._is_in(number)), None)

    def is_settled(self, shot_id: int) -> bool:
        """Tell whether a shot has something safe and waits for nothing more."""
        return shot_id in self._settled() and self._is_in(shot_id)

    def _settled(self) -> tuple[int, ...]:
        return self._pairing.settled(time.monotonic(), self._pairs_expected)

    def _is_in(self, shot_id: int) -> bool:
        if not self._journal.files(shot_id):
            return False
        return all(arrival.arrival_id in self._failures for arrival in self.waiting_of(shot_id))

    def hand_on(self, shot_id: int) -> list[str]:
        """Count a shot as handed on; return what is to be told about it: halves that lack."""
        shot = self._pairing.shot(shot_id)
        self._pairing = self._pairing.with_looked_at(shot_id)
        problems = [f"{a.item.path} waits on the camera" for a in self.waiting_of(shot_id)]
        if shot is not None and shot.paired:
            self._pairs_expected = True
        elif shot is not None and self._pairs_expected:
            there = " and ".join(sorted(shot.kinds))
            problems.append(f"the other half of the pair has not come; there is {there} alone")
            self._quality_unread = True
        return problems

    def waiting_of(self, shot_id: int) -> list[Arrival]:
        """Return the files of a shot that are not safe."""
        return [a for a in self._journal.waiting(self._camera_key) if a.shot_id == shot_id]

    def failure_of(self, shot_id: int) -> MatteboxError | None:
        """Return why a shot has nothing that is safe; None while it may still arrive."""
        waiting = self.waiting_of(shot_id)
        failures = [self._failures.get(arrival.arrival_id) for arrival in waiting]
        known = [failure for failure in failures if failure is not None]
        if self._journal.files(shot_id) or not known or len(known) < len(waiting):
            return None
        return known[0].error
