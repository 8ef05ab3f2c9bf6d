"""Export, the reshoot list, and the maps of evidence: what leaves the review."""

import dataclasses
import re

import cv2
import numpy as np
import pytest
from psd_tools import PSDImage
from shot_folder import HEIGHT, WIDTH, disc, make_session

from capture.depth_export import write_depth_exr
from capture.export import ExportRequest, export
from capture.ratings import rate
from capture.recut import recut
from capture.registration import already_registered
from capture.reshoot_list import worst_place, write_reshoot_list
from capture.retouching import with_matte
from capture.review import shot_pictures
from capture.shot_maps import shot_maps
from devices.frames import DepthFrame, DepthNoise, Intrinsics
from matting.cancelling import MattingCancelledError
from matting.imaging.errors import MatteboxError, NothingToCutByError, SettingsError
from matting.imaging.files import read_alpha, read_cutout, read_picture


@pytest.fixture(scope="module")
def shots(tmp_path_factory):
    return make_session(tmp_path_factory.mktemp("session"))


@pytest.mark.parametrize("kind", ["png", "tif"])
def test_a_cut_out_comes_out_with_the_codes_it_has(shots, tmp_path, kind):
    result = export(shots[:1], ExportRequest(tmp_path / "new" / "out", kind, alpha=True))
    assert [path.name for path in result.written] == [
        f"0001_DSC_cutout.{kind}",
        "0001_DSC_alpha.png",
    ]
    before, alpha = read_cutout(shots[0].path("cutout"))
    after, same_alpha = read_cutout(result.written[0])
    np.testing.assert_array_equal(same_alpha, alpha)
    np.testing.assert_array_equal(after.codes[alpha > 0], before.codes[alpha > 0])
    np.testing.assert_array_equal(read_alpha(result.written[1]), alpha)


def test_a_psd_has_the_subject_over_its_backdrop(shots, tmp_path):
    (path,) = export(shots[:1], ExportRequest(tmp_path, "psd")).written
    assert [layer.name for layer in PSDImage.open(path)] == ["Backdrop", "Subject"]


def test_a_composite_shows_the_colour_around_the_subject(shots, tmp_path):
    (path,) = export(shots[:1], ExportRequest(tmp_path, None, backdrop="white")).written
    assert path.name == "0001_DSC_on_white.jpg"
    codes = read_picture(path).codes
    assert (codes[:40, :40] > 250).all()
    assert (codes[160, 240] < 200).all()


def test_nothing_is_replaced_and_shots_without_a_cut_out_are_told(shots, tmp_path):
    told = []
    first = export(shots, ExportRequest(tmp_path), lambda done, of: told.append((done, of)))
    second = export(shots, ExportRequest(tmp_path))
    assert first.without_cutout == ("0003_DSC.png",)
    assert second.written[0].name == "0001_DSC_cutout-1.png"
    assert len(list(tmp_path.iterdir())) == 4
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_export_stops_when_asked_and_refuses_what_is_no_backdrop(shots, tmp_path):
    with pytest.raises(MattingCancelledError):
        export(shots, ExportRequest(tmp_path), cancelled=lambda: True)
    with pytest.raises(SettingsError, match="neither a colour nor a file"):
        export(shots, ExportRequest(tmp_path, None, backdrop="octarine"))
    (tmp_path / "file").touch()
    with pytest.raises(MatteboxError, match="cannot be made"):
        export(shots, ExportRequest(tmp_path / "file" / "folder"))


def test_the_reshoot_list_holds_its_pictures_and_what_to_mend(shots):
    rate(shots[1], 2)
    first = write_reshoot_list(shots[0].folder, shots[1:])
    page = first.read_text(encoding="utf-8")
    assert first.name == "reshoot.html"
    sources = re.findall(r"(?:src|href)='([^']*)'", page)
    assert len(sources) == 3 + 2  # with a cut-out: the whole and two crops; without: one crop
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    assert "focus again" in page
    assert "★★<" in page
    assert "0002_DSC.png" in page
    assert write_reshoot_list(shots[0].folder, shots[:1]).name == "reshoot-1.html"


def test_the_worst_place_is_that_of_a_finding_or_the_least_decided_edge(shots):
    shot = shots[0]
    pictures = shot_pictures(shot.folder / shot.photo.path, shot.path("cutout"))
    place = worst_place(shot, pictures)
    assert place.why == "sharpness"
    assert place.left <= 200
    assert place.left + place.width >= 260
    bare = worst_place(dataclasses.replace(shot, findings=()), pictures)
    assert bare.why == "the least decided edge"
    none = worst_place(
        dataclasses.replace(shot, findings=()), dataclasses.replace(pictures, cutout=None)
    )
    assert none.why == "the middle"


@pytest.fixture(scope="module")
def with_depth(shots):
    lens = Intrinsics(150.0, 150.0, 79.5, 53.0, WIDTH // 3, HEIGHT // 3)
    solid = cv2.resize(disc(0), (lens.width, lens.height), interpolation=cv2.INTER_AREA)
    rng = np.random.default_rng(2)
    depth = np.where(solid > 0.5, 2.0, 3.5) + 0.005 * rng.standard_normal(solid.shape)
    frame = DepthFrame(depth.astype(np.float32), None, lens, DepthNoise(floor_m=0.005))
    path = shots[0].folder / "0001_DSC_depth.exr"
    write_depth_exr(path, already_registered(frame, (HEIGHT, WIDTH)))
    row = dataclasses.replace(shots[0].photo, role="depth", path=path.name)
    return dataclasses.replace(shots[0], files=(*shots[0].files, row))


def test_the_maps_say_what_decided_and_their_legend_tells_the_colours(with_depth):
    photo = read_picture(with_depth.folder / with_depth.photo.path)
    maps = shot_maps(with_depth, photo)
    assert set(maps.views) == {"disagreement", "origin"}
    seen = {tuple(colour) for colour in maps.views["origin"].reshape(-1, 3)}
    assert seen - {(0, 0, 0)} == {colour for _, colour, _ in maps.legend}
    assert maps.legend[0][2] >= maps.legend[-1][2] > 0
    assert 0.5 < sum(share for _, _, share in maps.legend) <= 1.001


def test_pointing_at_a_thing_cuts_it_out_by_depth(with_depth):
    photo = read_picture(with_depth.folder / with_depth.photo.path)
    matte = recut(with_depth, photo, ((240.0, 160.0),), 1.5)
    assert np.abs(matte.alpha - disc()).mean() < 0.01
    pictures = shot_pictures(with_depth.folder / with_depth.photo.path, None)
    drawn = with_matte(pictures, matte).drawn("alpha", (0, 0, WIDTH, HEIGHT), (WIDTH, HEIGHT))
    np.testing.assert_array_equal(drawn[..., 0], np.round(matte.alpha * 255))


def test_without_depth_there_is_nothing_to_map(shots):
    photo = read_picture(shots[1].folder / shots[1].photo.path)
    with pytest.raises(NothingToCutByError, match="no depth"):
        shot_maps(shots[1], photo)
