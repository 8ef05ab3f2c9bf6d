"""Files of a burst on their way from the camera to safety, several at once.

Each takes the steps of `capture.ingest` in their order. While the next is fetched, earlier ones
are synced and read back from the disk, two at a time, since one waits for the disk while the other
is hashed; those that have been read back meanwhile are named and journaled as one group.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from capture.ingest import Arrived, Outcome, checked, name_group
from capture.journal import Journal
from matting.imaging.errors import MatteboxError

_CHECKED_AT_ONCE = 2


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
        self._named: Future[list[Outcome]] | None = None

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
        self._checking.shutdown()
        self._naming.shutdown()

    def add(self, arrived: Arrived) -> None:
        """Begin to make a file safe."""
        self._checks.append((arrived, self._checking.submit(checked, arrived, self._folder)))

    def outcomes(self) -> Iterator[Outcome]:
        """Yield what has become of files since the last call, without waiting for any."""
        if self._named is None or self._named.done():
            yield from self._outcomes_of_group()
            yield from self._begin_group(wait=False)

    def last_outcomes(self) -> Iterator[Outcome]:
        """Wait for all files, and yield what has become of them."""
        yield from self._outcomes_of_group()
        yield from self._begin_group(wait=True)
        yield from self._outcomes_of_group()

    def _outcomes_of_group(self) -> list[Outcome]:
        named, self._named = self._named, None
        return [] if named is None else named.result()

    def _begin_group(self, *, wait: bool) -> Iterator[Outcome]:
        """Name those whose check is passed, and yield those that have failed it."""
        group = []
        while self._checks and (wait or self._checks[0][1].done()):
            arrived, check = self._checks.popleft()
            error = check.result()
            if error is None:
                group.append(arrived)
            else:
                yield arrived, error
        if group:
            self._named = self._naming.submit(name_group, group, self._journal, self._folder)
