"""Names of shots: what tokens give, and that nothing a camera or person says leaves the folder."""

import string
from datetime import datetime
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.naming import TOKENS, Naming, file_name, harmless
from devices.frames import CameraObject
from matting.imaging.errors import SettingsError

NOON = datetime(2026, 3, 1, 12, 30, 5)


def item(name="DSC_0412.NEF", made_s=None):
    return CameraObject(PurePosixPath("/DCIM"), name, 10, made_s=made_s)


def named(pattern, counter=7, **words):
    return Naming(pattern, **words).stem(counter, item(made_s=round(NOON.timestamp())), NOON)


def test_every_token_gives_what_it_stands_for():
    assert named("{counter}_{camera}") == "0007_DSC_0412"
    assert named("{job}-{subject}_{counter:6}", job="Zoë", subject="a b") == "Zoë-a_b_000007"
    assert named("{session}_{time}_{counter}", session="June") == "June_20260301-123005_0007"
    assert named("{time:%H%M}x{counter}") == "1230x0007"
    assert file_name("0007_DSC_0412", "DSC_0412.NEF") == "0007_DSC_0412.nef"


def test_the_cameras_clock_names_and_where_it_tells_no_time_the_computers():
    stem = Naming("{time:%Y}_{counter}").stem(1, item(), NOON)
    assert stem == "2026_0001"


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("{camera}", "counter"),
        ("{counter}/{camera}", "holds '/'"),
        ("../{counter}", "holds"),
        ("{counter}_{model}", "{session}"),
        ("{counter", "expected"),
        ("{counter:x}", "{counter:6}"),
        ("{camera:3}_{counter}", "form"),
        ("{job}_{counter}", "--job"),
        ("{subject}_{counter}", "--subject-name"),
        ("x" * 230 + "{counter}", "too long"),
    ],
)
def test_a_pattern_that_cannot_name_says_why(pattern, words):
    with pytest.raises(SettingsError, match=words.replace("{", r"\{").replace("}", r"\}")):
        Naming(pattern)


HOSTILE = [
    "../../etc/passwd", "/etc/passwd", "..\\..\\x.jpg", "a\0b.jpg", "x" * 400 + ".jpg", "CON.jpg",
    "nul", "..", ".", "", " ", "a.jpg/../b", "\u202egpj.exe", "é" * 300,
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("pattern", ["{counter}_{camera}", "{camera}{counter}"])
def test_hostile_names_become_a_name_that_a_folder_can_hold(name, pattern, tmp_path):
    made = file_name(Naming(pattern).stem(3, item(name), NOON), name)
    (tmp_path / made).write_bytes(b"x")
    assert [path.name for path in tmp_path.iterdir()] == [made]


@given(st.integers(1, 99999), st.text(max_size=500))
def test_no_camera_name_leads_out_of_the_folder(number, name):
    made = file_name(Naming().stem(number, item(name), NOON), name)
    assert made.startswith(f"{number:04d}_")
    assert not set(made) & set('/\\\0:*?"<>| ')
    assert ".." not in made
    assert len(made.encode()) < 255 - len("-9999_report.json")


_LITERALS = st.text(string.ascii_letters + string.digits + "-_", max_size=5)
_PIECES = st.sampled_from([f"{{{token}}}" for token in TOKENS if token != "counter"])


@given(st.lists(st.one_of(_PIECES, _LITERALS), max_size=4), st.integers(0, 4), st.text(max_size=30))
def test_two_shots_of_a_session_never_want_one_name(pieces, place, name):
    pattern = "".join([*pieces[:place], "-{counter}-", *pieces[place:]])
    try:
        naming = Naming(pattern, "s", "j", "m")
    except SettingsError:
        return  # too long
    shots = [naming.stem(number, item(name), NOON).casefold() for number in (1, 2, 11, 12, 10001)]
    assert len(set(shots)) == len(shots)


def test_windows_device_names_are_evaded():
    assert named("COM{counter:1}", counter=1) == "_COM1"


@given(st.text())
def test_harmless_text_is_never_empty_and_stays_as_it_is(text):
    assert harmless(text)
    assert harmless(harmless(text)) == harmless(text)
