"""A photograph checked while it is read: the same findings as step by step, the same refusals."""

import cv2
import numpy as np
import pytest
from PIL import Image

from capture.cutout_inputs import wanted_in
from capture.examination import examine, settings_of, told_by_depth
from capture.metering.measurement import measure
from capture.photo_check import check_photo
from capture.registration import already_registered
from capture.settings import load_profile
from capture.silhouette import silhouette_of_mask
from devices.depth_files import read_depth_file
from matting.imaging.errors import InputFileError, MismatchError
from matting.imaging.files import read_picture

PROFILE = load_profile("portrait")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with a red thing before grey, its depth, and depth of another shape."""
    folder = tmp_path_factory.mktemp("checked")
    random = np.random.default_rng(0)
    picture = (150 + random.integers(-2, 3, (400, 600, 3))).astype(np.uint8)
    picture[80:320, 200:400] = (140, 40, 40)
    Image.fromarray(picture).save(folder / "taken.jpg", quality=95)
    depth = 3.0 + 0.002 * random.standard_normal((200, 300))
    depth[40:160, 100:200] -= 1.5
    np.save(folder / "depth.npy", depth.astype(np.float32))
    np.save(folder / "square.npy", depth[:, :200].astype(np.float32))
    return folder


@pytest.mark.parametrize("subject", ["central", ((300.0, 200.0),)])
def test_the_findings_are_those_of_reading_first_and_looking_then(folder, subject):
    picture = read_picture(folder / "taken.jpg")
    registered = already_registered(read_depth_file(folder / "depth.npy"), (400, 600))
    told = told_by_depth(registered, wanted_in(subject, picture))
    expected = examine(picture, told, PROFILE)
    read, found = check_photo(
        folder / "taken.jpg", PROFILE, f"file:{folder / 'depth.npy'}", subject=subject
    )
    assert np.array_equal(read.codes, picture.codes)
    assert found.measurement.silhouette_source == "depth"
    assert found.findings == expected.findings
    assert found.problems == expected.problems
    assert np.array_equal(found.subject.subject, expected.subject.subject)
    assert np.array_equal(found.measurement.forecast.alpha, expected.measurement.forecast.alpha)


def test_a_picture_that_is_reduced_already_is_measured_alike(folder):
    picture = read_picture(folder / "taken.jpg")
    codes = np.repeat(np.repeat(picture.codes, 2, axis=0), 2, axis=1)
    silhouette = silhouette_of_mask(picture.codes[..., 1] < 90, "box", (1200, 800))
    small = cv2.resize(codes, silhouette.size, interpolation=cv2.INTER_AREA)
    given = {"settings": settings_of(picture), "silhouette": silhouette}
    one, other = measure(codes, **given), measure(codes, **given, reduced=small)
    assert one.edge == other.edge
    assert one.clipping == other.clipping
    assert one.backdrop == other.backdrop
    assert one.flyaway_share == other.flyaway_share < 1e-4


def test_depth_without_a_subject_is_a_problem_told_and_no_silhouette(folder, tmp_path):
    np.save(tmp_path / "flat.npy", np.full((200, 300), 3.0, np.float32))
    _, found = check_photo(folder / "taken.jpg", PROFILE, str(tmp_path / "flat.npy"))
    assert found.subject is None
    assert found.measurement.silhouette_source == "none"
    assert any("nothing stands out" in problem for problem in found.problems)


@pytest.mark.parametrize(
    ("image", "depth", "subject", "told"),
    [
        ("taken.jpg", "square.npy", "central", "does not fit the picture's 600x400"),
        ("taken.jpg", "depth.npy", ((900.0, 10.0),), "outside of the picture of 600x400"),
        ("missing.jpg", "depth.npy", "central", r"missing\.jpg.*does not exist"),
        ("taken.jpg", "oak:", "central", "a live sensor cannot tell"),
    ],
)
def test_what_does_not_fit_is_refused(folder, image, depth, subject, told):
    address = depth if depth.endswith(":") else str(folder / depth)
    with pytest.raises((MismatchError, InputFileError), match=told):
        check_photo(folder / image, PROFILE, address, subject=subject)
