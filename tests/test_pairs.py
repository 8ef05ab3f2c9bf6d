"""RAW beside JPEG: any order, late, never, in bursts; the state machine as a value."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.pairs import LATE_S, PATIENCE_S, QUIET_S, Pairing, kind_of
from devices.frames import CameraObject


def file(number, ending, made_s=None, in_ram=False):
    folder = PurePosixPath("/" if in_ram else "/DCIM/100")
    return CameraObject(folder, f"DSC_{number:04d}.{ending}", 10, in_ram, made_s)


def announced(events, pairing=None):
    """Run (time, file) through the machine; return it and each file's shot."""
    pairing, shots = pairing or Pairing(), []
    for now_s, item in events:
        shot = pairing.shot_of(item, now_s)
        shot = len(set(shots)) + 1 if shot is None else shot
        pairing = pairing.with_file(shot, item, now_s)
        shots.append(shot)
    return pairing, shots


BURSTS = st.lists(
    st.tuples(
        st.floats(0, 20),  # when the first half is announced
        st.one_of(st.none(), st.floats(0, LATE_S - 21)),  # how much later the second; never
        st.booleans(),  # RAW first
    ),
    max_size=12,
)


@given(BURSTS)
def test_halves_find_each_other_in_any_order_and_nobody_elses(bursts):
    events = []
    for number, (first_s, later_s, raw_first) in enumerate(bursts):
        endings = ["NEF", "JPG"] if raw_first else ["JPG", "NEF"]
        events.append((first_s, file(number, endings[0])))
        if later_s is not None:
            events.append((first_s + later_s, file(number, endings[1])))
    events.sort(key=lambda event: event[0])
    pairing, shots = announced(events)
    shot_of = {item: shot for (_, item), shot in zip(events, shots, strict=True)}
    assert len(set(shots)) == len(bursts)
    for number, (_, later_s, _) in enumerate(bursts):
        if later_s is not None:
            assert shot_of[file(number, "JPG")] == shot_of[file(number, "NEF")]
    for shot in pairing.shots:
        assert len(shot.kinds) == len(shot.files)


@given(BURSTS, st.booleans())
def test_every_shot_settles_once_its_patience_is_over(bursts, pairs_expected):
    pairing, shots = announced([(t, file(n, "JPG")) for n, (t, _, _) in enumerate(bursts)])
    assert set(pairing.settled(20.0 + PATIENCE_S, pairs_expected)) == set(shots)
    for shot in pairing.settled(20.0 + PATIENCE_S, pairs_expected):
        pairing = pairing.with_looked_at(shot)
    assert pairing.settled(1e9, pairs_expected) == ()
    assert pairing.without_old(1e9) == Pairing()


@given(BURSTS, st.integers(1, 3))
def test_a_file_that_is_announced_again_changes_nothing(bursts, times):
    events = [(t, file(n, "JPG", made_s=100 + n)) for n, (t, _, _) in enumerate(bursts)]
    pairing, _ = announced(events)
    again, _ = announced(events * times, pairing)
    assert [s.files for s in again.shots] == [s.files for s in pairing.shots]


def test_a_pair_is_waited_for_only_where_pairs_are_made():
    alone, _ = announced([(0.0, file(1, "JPG"))])
    assert alone.settled(QUIET_S, pairs_expected=False) == (1,)
    assert alone.settled(PATIENCE_S - 0.1, pairs_expected=True) == ()
    both, _ = announced([(0.0, file(1, "JPG")), (0.5, file(1, "NEF"))])
    assert both.settled(0.5, pairs_expected=True) == (1,)


def test_a_late_half_joins_a_shot_that_was_handed_on():
    pairing, _ = announced([(0.0, file(1, "JPG"))])
    pairing = pairing.with_looked_at(1).without_old(LATE_S)
    assert pairing.shot_of(file(1, "NEF"), LATE_S) == 1
    assert pairing.settled(LATE_S, pairs_expected=True) == ()


def test_one_name_twice_is_two_shots():
    """The counter has rolled over, or the clock tells that it is another exposure."""
    _, shots = announced([(0.0, file(1, "JPG", 100)), (1.0, file(1, "JPG", 200))])
    assert shots == [1, 2]
    _, shots = announced([(0.0, file(1, "JPG", 100)), (1.0, file(1, "NEF", 50))])
    assert shots == [1, 2]
    _, shots = announced([(0.0, file(1, "JPG", 100)), (1.0, file(1, "NEF", 101))])
    assert shots == [1, 1]


def test_in_memory_a_file_completes_the_oldest_shot_that_lacks_its_kind():
    events = [
        (0.0, file(0, "JPG", in_ram=True)), (0.1, file(1, "JPG", in_ram=True)),
        (0.2, file(2, "NEF", in_ram=True)), (0.3, file(3, "NEF", in_ram=True)),
    ]  # fmt: skip
    assert announced(events)[1] == [1, 2, 1, 2]
    # Names in memory repeat: the same one again is another frame.
    assert announced([events[0], events[0]])[1] == [1, 2]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.NEF", "raw"), ("a.jpg", "photo"), ("a.HIF", "photo"), ("a.xmp", "xmp"), ("a", "")],
)
def test_kinds(name, kind):
    assert kind_of(name) == kind
