"""Slow measurements run in a process of their own, and its end is told and outlived."""

import os
import signal
import threading
import time
from contextlib import closing

import psutil
import pytest

from capture.beside import Beside
from matting.imaging.errors import MatteboxError, MismatchError


def refused(subject):
    raise MismatchError(subject, "does not fit", "take another")


def test_a_function_runs_in_another_process_that_yields_to_this_one():
    with closing(Beside()) as beside:
        assert beside(divmod, 7, 3) == (2, 1)
        assert beside(os.getpid) != os.getpid()
        assert beside(os.nice, 0) > os.nice(0)


def test_what_the_function_raises_arrives_as_it_was():
    with closing(Beside()) as beside, pytest.raises(MismatchError, match="does not fit"):
        beside(refused, "depth.png")


def test_a_process_that_is_killed_is_told_and_the_next_call_has_a_new_one():
    with closing(Beside()) as beside:
        ended = beside(os.getpid)
        with pytest.raises(MatteboxError, match="was ended"):
            beside(os.kill, ended, signal.SIGKILL)
        assert beside(os.getpid) not in (ended, os.getpid())


def test_closing_ends_the_process_also_in_the_middle():
    beside = Beside()
    process = psutil.Process(beside(os.getpid))
    beside.close()
    beside.close()
    process.wait(timeout=10)
    with pytest.raises(MatteboxError, match="is closed"):
        beside(os.getpid)


def test_a_process_that_is_killed_while_idle_is_told_and_replaced():
    with closing(Beside()) as beside:
        ended = psutil.Process(beside(os.getpid))
        ended.kill()
        ended.wait(timeout=10)
        with pytest.raises(MatteboxError, match="was ended"):
            beside(os.getpid)
        assert beside(os.getpid) != os.getpid()


def test_a_call_under_way_ends_when_it_is_closed():
    beside = Beside()
    ended = []

    def wait():
        try:
            beside(time.sleep, 60)
        except MatteboxError as error:
            ended.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.1)
    beside.close()
    waiting.join(timeout=10)
    assert len(ended) == 1


def test_it_closes_and_exits_in_the_middle_of_a_large_answer():
    beside = Beside()
    process = psutil.Process(beside(os.getpid))
    ended = []

    def ask():
        try:
            beside(bytes, 400_000_000)
        except MatteboxError as error:
            ended.append(error)

    waiting = threading.Thread(target=ask)
    with beside._turn:  # the pipe is held, so that the answer is larger than what it takes
        beside._pipe.send((bytes, (400_000_000,), {}))
        assert beside._pipe.poll(10)  # the answer has begun and cannot end
        waiting.start()
        process.kill()
    waiting.join(timeout=10)
    beside.close()
    assert len(ended) == 1
