"""Nothing in a recording is believed: lies, bombs and flipped bytes are told in words."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded_files import (
    NOISE,
    OPEN,
    RIG,
    camera_of,
    depth_of,
    read_all,
    write,
)

from devices.errors import DeviceLostError, UnsupportedError
from devices.frames import DepthFrame, Intrinsics
from devices.recording_format import DEPTH, METADATA
from devices.recording_reader import RecordingReader
from devices.recording_writer import RecordingWriter
from matting.imaging.errors import InputFileError, MismatchError, OutputError


@pytest.fixture(autouse=True)
def _close_all():
    yield
    while OPEN:
        OPEN.pop().close()


def handmade(path, messages, compression="none"):
    """Write a recording of any messages, by the library itself."""
    from mcap.writer import CompressionType, Writer

    from devices.recording_writer import _texts

    with path.open("wb") as file:
        writer = Writer(file, compression=CompressionType[compression.upper()])
        writer.start()
        writer.add_metadata(METADATA, _texts(RIG))
        for topic, content in messages:
            channel = writer.register_channel(topic, "json", 0)
            writer.add_message(channel, 1, json.dumps(content).encode(), 1)
        writer.finish()


RAW = {"width": 2, "height": 1, "encoding": "16UC1", "step": 4, "data": "AQACAA=="}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"width": 3}, "another size"),
        ({"width": 10**9, "height": 10**9}, "claims"),
        ({"width": -2}, "no size"),
        ({"width": "2"}, "no size"),
        ({"data": "AQAC"}, "another size"),  # half a frame
        ({"data": "!"}, "damaged"),
        ({"encoding": "rgb8"}, "damaged"),
        ({"data": None}, "damaged"),
    ],
)
def test_a_frame_that_lies_about_itself_is_told_and_ends_the_stream(tmp_path, fault, words):
    handmade(tmp_path / "a.mcap", [(DEPTH, RAW | fault)])
    with pytest.raises(DeviceLostError, match=words):
        depth_of(tmp_path / "a.mcap").read()


def test_wrong_intrinsics_are_refused(tmp_path):
    lens = {"width": 2, "height": 1, "K": [1, 0, 0, 0, 1, 0, 0, 0, 1]}
    handmade(tmp_path / "a.mcap", [("/depth/calibration", lens), (DEPTH, RAW)])
    assert depth_of(tmp_path / "a.mcap").read().intrinsics == Intrinsics(1, 1, 0, 0, 2, 1)
    for fault in ({"width": 4}, {"K": [0] * 9}, {"K": [1]}):
        handmade(tmp_path / "b.mcap", [("/depth/calibration", lens | fault), (DEPTH, RAW)])
        with pytest.raises(DeviceLostError, match="damaged"):
            depth_of(tmp_path / "b.mcap").read()


@pytest.mark.parametrize("compression", ["zstd", "lz4"])
def test_a_bomb_is_not_unpacked(tmp_path, compression, monkeypatch):
    handmade(tmp_path / "a.mcap", [(DEPTH, RAW | {"data": "A" * 50_000_000})], compression)
    assert (tmp_path / "a.mcap").stat().st_size < 500_000
    monkeypatch.setattr("devices.recording_reader.LARGEST_RECORD_BYTES", 10_000_000)
    with pytest.raises(DeviceLostError, match="claims"):
        depth_of(tmp_path / "a.mcap").read()


@pytest.mark.parametrize("compression", ["zstd", "lz4", ""])
def test_a_chunk_that_states_less_than_it_holds_is_unpacked_no_further(tmp_path, compression):
    import lz4.frame
    import zstandard
    from mcap.data_stream import RecordBuilder
    from mcap.records import Chunk

    pack = {"zstd": zstandard.compress, "lz4": lz4.frame.compress, "": bytes}[compression]
    handmade(tmp_path / "a.mcap", [])
    whole = (tmp_path / "a.mcap").read_bytes()
    lie = RecordBuilder()
    Chunk(compression, pack(bytes(50_000_000)), 1, 1, 0, 1000).write(lie)
    end = whole.index(b"\x0f" + (4).to_bytes(8, "little"))  # the record that ends the data
    (tmp_path / "b.mcap").write_bytes(whole[:end] + lie.end() + whole[end:])
    with pytest.raises(DeviceLostError, match="states 1000 bytes"):
        depth_of(tmp_path / "b.mcap").read()


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8))
@settings(max_examples=60)
def test_flipped_bytes_are_told_in_words(tmp_path_factory, flips):
    folder = tmp_path_factory.mktemp("flips")
    write(folder / "a.mcap", step_s=0.0)
    content = bytearray((folder / "a.mcap").read_bytes())
    for share, value in flips:
        content[int(share * (len(content) - 1))] = value
    (folder / "b.mcap").write_bytes(content)
    try:
        sensor = depth_of(folder / "b.mcap")
    except InputFileError:
        return
    frames, _ = read_all(sensor)
    assert len(frames) <= 4


def test_what_is_no_recording_is_named(tmp_path):
    (tmp_path / "a.mcap").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99))
    with pytest.raises(InputFileError, match=r"a\.mcap.*damaged"):
        RecordingReader(tmp_path / "a.mcap")
    with pytest.raises(InputFileError, match="cannot be read"):
        RecordingReader(tmp_path / "none.mcap")


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "a.mcap").write_bytes(b"mine")
    with pytest.raises(OutputError, match="exists already"):
        RecordingWriter(tmp_path / "a.mcap", RIG)
    assert (tmp_path / "a.mcap").read_bytes() == b"mine"


def test_relative_depth_is_not_recorded_as_metres(tmp_path):
    order = DepthFrame(np.ones((2, 2), np.float32), None, None, NOISE, metric=False, sensor="pug")
    with (
        RecordingWriter(tmp_path / "a.mcap", RIG) as writer,
        pytest.raises(MismatchError, match="orders points"),
    ):
        writer.write_depth(order)


def test_a_recording_has_no_shutter(tmp_path):
    write(tmp_path / "a.mcap")
    camera = camera_of(tmp_path / "a.mcap")
    with pytest.raises(UnsupportedError, match="recording"):
        camera.capture()
    assert camera.listing() == camera.next_files(0.0) == ()
