"""The silhouette comes from depth, else plate, else network, else box, and its source is named."""

import json

import numpy as np
import pytest
from PIL import Image

from capture.photo_check import check_photo, subject_aids
from capture.settings import load_profile
from matting.imaging.errors import MismatchError
from tui.cli import main

PROFILE = load_profile("portrait")
BOX = (0.2, 0.1, 0.6, 0.8)


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """Return a folder with a red thing before grey, the empty set, and a smaller empty set."""
    folder = tmp_path_factory.mktemp("sources")
    noise = np.random.default_rng(0).integers(-2, 3, (400, 600, 3))
    empty = (150 + noise).astype(np.uint8)
    taken = empty.copy()
    taken[80:320, 200:400] = np.array([140, 40, 40]) + noise[80:320, 200:400]
    Image.fromarray(taken).save(folder / "taken.png")
    Image.fromarray(empty).save(folder / "empty.png")
    Image.fromarray(empty[:200, :300]).save(folder / "small.png")
    return folder


def checked(folder, **aids):
    given = {"plate": None, "network": None, "box": None, **aids}
    return check_photo(folder / "taken.png", PROFILE, aids=subject_aids(**given))[1]


@pytest.mark.parametrize(("aid", "source"), [("plate", "clean plate"), ("box", "box")])
def test_each_source_finds_the_thing_and_is_named(photographs, aid, source):
    value = photographs / "empty.png" if aid == "plate" else BOX
    measured = checked(photographs, **{aid: value}).measurement
    assert measured.silhouette_source == source
    x, y, width, height = measured.framing.box
    assert (x, y) == pytest.approx((200, 80), abs=8)
    assert (width, height) == pytest.approx((200, 240), abs=12)
    assert len(measured.edge) == 24
    assert min(piece.delta_e for piece in measured.edge) > 20
    # A plain red box before plain grey will be cut out well by either.
    assert 0.0 <= measured.forecast.error < 1.0
    assert len(measured.forecast.pieces) >= 20


def test_the_plate_comes_before_the_box_and_nothing_is_none(photographs):
    both = checked(photographs, plate=photographs / "empty.png", box=BOX)
    assert both.measurement.silhouette_source == "clean plate"
    nothing = checked(photographs)
    assert nothing.measurement.silhouette_source == "none"
    silent = {f.check for f in nothing.findings if f.level == "not measured"}
    assert {"separation", "evenness", "glints", "margin", "depth_of_field"} <= silent


def test_a_plate_of_another_size_is_refused(photographs):
    with pytest.raises(MismatchError, match="300x200"):
        checked(photographs, plate=photographs / "small.png")


def test_the_command_says_the_source(photographs, capsys):
    main(["check", "--image", str(photographs / "taken.png"), "--box", "20,10,60,80", "--json"])
    assert json.loads(capsys.readouterr().out)["silhouette"] == "box"
