"""Files of a burst on their way from the camera to safety, several at once.

Each takes the steps of `capture.ingest` in their order. While the next is fetched, earlier ones
are synced and read back from the disk, three at a time, since most of that is waiting for the
disk; those that have been read back meanwhile are named and journaled as one group.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from capture.ingest import Arrived, Outcome, checked, name_group
from capture.journal import Journal
from matting.imaging.errors import MatteboxError

_CHECKED_AT_ONCE = 3


class Burst:
    """Makes files safe beside the thread that fetches them, which alone calls this.

    A context manager; at its end nothing is under way any more.

    Parameters
    ----------
    journal : Journal
    folder : Path
        The session folder, which is held.
    """

    def __init__(self, journal: Journal, folder: Path) -> None:
        self._journal = journal
        self._folder = folder
        self._checking = ThreadPoolExecutor(_CHECKED_AT_ONCE, "checking")
        self._naming = ThreadPoolExecutor(1, "naming")
        self._checks: deque[tuple[Arrived, Future[MatteboxError | None]]] = deque()
        self._groups: deque[Future[list[Outcome]]] = deque()

    def __enter__(self) -> Burst:
        """Return the burst."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for what is under way."""
        self._wait()

    def add(self, arrived: Arrived) -> None:
        """Begin to make a file safe."""
        check = self._checking.submit(checked, arrived, self._folder)
        self._checks.append((arrived, check))
        check.add_done_callback(self._begin_group)

    def outcomes(self) -> list[Outcome]:
        """Return what has become of files since the last call, without waiting for any."""
        outcomes = []
        while self._groups and self._groups[0].done():
            outcomes += self._groups.popleft().result()
        return outcomes

    def last_outcomes(self) -> list[Outcome]:
        """Wait for all files, and return what has become of them; none can be added then."""
        self._wait()
        return self.outcomes()

    def _wait(self) -> None:
        self._checking.shutdown()  # the last check to end begins the last group
        self._naming.shutdown()

    def _begin_group(self, _: Future[MatteboxError | None]) -> None:
        self._groups.append(self._naming.submit(self._name_checked))

    def _name_checked(self) -> list[Outcome]:
        """Name and journal what has been checked since the last group, which may be nothing."""
        group, outcomes = [], list[Outcome]()
        while self._checks and self._checks[0][1].done():
            arrived, check = self._checks.popleft()
            error = check.result()
            if error is None:
                group.append(arrived)
            else:
                outcomes.append((arrived, error))
        return outcomes + (name_group(group, self._journal, self._folder) if group else [])
