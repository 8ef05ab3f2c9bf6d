"""Several cameras listened to at once, each in a thread of its own: none delays another.

A camera that is away is looked for, which takes seconds; a large file takes as long to come. The
intakes of the others go on meanwhile, and what they have made safe is handed on.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from capture.intake import Intake
from capture.pipeline import Stopwatch
from devices.errors import DeviceError

#: For so long the slower of those that are at work are waited for once one has finished.
_TOGETHER_S = 0.1


class Listeners:
    """The intakes of a session's cameras.

    Parameters
    ----------
    intakes : sequence of Intake
    first_lock : Lock
        Held while the first camera is listened to, by whoever else asks something of it.
    """

    def __init__(self, intakes: Sequence[Intake], first_lock: threading.Lock) -> None:
        others = [threading.Lock() for _ in intakes[1:]]
        self._locks = dict(zip(intakes, (first_lock, *others), strict=True))
        self._threads = ThreadPoolExecutor(len(intakes), "listening")
        self._at_work: dict[Intake, Future[DeviceError | None]] = {}

    def listen(self, seconds: float, watch: Stopwatch) -> tuple[list[Intake], list[DeviceError]]:
        """Have every camera that is not at work listened to for so long, and its files fetched.

        Returns
        -------
        list of Intake
            Those that have finished, and touch nothing until they are listened to again.
        list of DeviceError
            Why some of them could not be listened to.

        Raises
        ------
        MatteboxError
            When the journal cannot be written.
        """
        for intake in self._locks:
            if intake not in self._at_work:
                work = self._threads.submit(self._take_in, intake, seconds, watch)
                self._at_work[intake] = work
        wait(self._at_work.values(), return_when="FIRST_COMPLETED")
        wait(self._at_work.values(), timeout=_TOGETHER_S)
        finished = {i: work for i, work in self._at_work.items() if work.done()}
        for intake in finished:
            del self._at_work[intake]
        faults = [work.result() for work in finished.values()]
        return list(finished), [fault for fault in faults if fault is not None]

    def _take_in(self, intake: Intake, seconds: float, watch: Stopwatch) -> DeviceError | None:
        with self._locks[intake]:
            try:
                intake.listen(seconds)
            except DeviceError as exc:
                return exc
            with watch.stage("ingest"):
                intake.fetch()
        return None

    @property
    def several(self) -> bool:
        """Whether there is another camera to listen to when one is away."""
        return len(self._locks) > 1

    def close(self) -> None:
        """Wait for what is at work; the cameras are closed before."""
        self._threads.shutdown()
