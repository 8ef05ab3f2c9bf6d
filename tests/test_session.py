"""A session from shutter to report, on the real driver and the simulated studio."""

import json
import math
import sqlite3
from contextlib import closing

import cv2
import numpy as np
import pytest

from capture.disk import holds
from capture.journal_file import JOURNAL_NAME
from capture.live import LiveReport
from capture.rig import open_rig
from capture.session import Session
from capture.settings import load_profile
from capture.truth import background_behind_subject_m, band_of
from devices.depth_files import read_depth_file
from devices.errors import AddressError, DeviceNotFoundError
from matting.imaging.errors import MismatchError, OutputError
from matting.imaging.files import read_alpha, read_cutout, read_picture

PROFILES = {"portrait": "portrait", "product": "product-white"}


@pytest.fixture(scope="module", params=["portrait", "product"])
def shot_and_truth(request, studio, tmp_path_factory):
    """Take one shot of a scene with its stereo sensor."""
    scene = request.param
    folder = tmp_path_factory.mktemp(scene)
    address = f"sim:{scene}@{studio(scene).port}"
    profile = load_profile(PROFILES[scene])
    with Session(open_rig(address, address), folder, profile) as session:
        session.set_camera("iso", "100")
        shot = session.shoot()
    return shot, studio(scene).truth(3008, 2000), studio(scene).lights()


def value_of(shot, check):
    return next(finding.value for finding in shot.findings if finding.check == check)


def test_everything_that_belongs_to_a_shot_is_there_and_is_what_the_journal_says(shot_and_truth):
    shot, _, _ = shot_and_truth
    assert shot.problems == ()
    roles = {row.role for row in shot.files}
    assert roles == {"photo", "depth", "cutout", "alpha", "report"}
    with closing(sqlite3.connect(shot.folder / JOURNAL_NAME)) as stored:
        rows = stored.execute("SELECT role, path, size_bytes, digest FROM files").fetchall()
    for role, path, size, digest in rows:
        assert role in roles
        assert holds(shot.folder / path, digest)
        assert (shot.folder / path).stat().st_size == size
    report = json.loads(shot.path("report").read_text())
    assert report["settings"]["iso"] == 100
    assert report["settings"]["shutter_s"] == pytest.approx(1 / 125)
    assert [finding["check"] for finding in report["findings"]]


def test_the_matte_is_near_the_truth_where_it_is_hard(shot_and_truth):
    shot, truth, _ = shot_and_truth
    alpha = read_alpha(shot.path("alpha"))
    squared = (alpha - truth.alpha) ** 2
    band = band_of(truth.alpha)
    assert 0.005 < band.mean() < 0.2
    assert squared[band].mean() < 0.01
    assert squared[~band].mean() < 0.001


def test_the_cutout_holds_the_photographs_own_colours(shot_and_truth):
    shot, _, _ = shot_and_truth
    photo = read_picture(shot.folder / shot.photo.path)
    cutout, alpha = read_cutout(shot.path("cutout"))
    assert np.array_equal(cutout.codes[alpha == 1.0], photo.codes[alpha == 1.0])
    assert cutout.icc == photo.icc
    assert cutout.codes[alpha == 0.0].any(axis=-1).mean() < 0.05


def test_distances_are_within_the_sensors_error(shot_and_truth):
    shot, truth, _ = shot_and_truth
    # One frame's error is 0.085 px of disparity, z^2 * 0.085 / (560 * 0.075), metres.
    true = float(np.median(truth.depth_m[truth.solid]))
    depth = read_depth_file(shot.path("depth")).depth_m
    height, width = depth.shape
    solid = cv2.resize(truth.solid.astype(np.uint8), (width, height)) > 0
    assert np.nanmedian(depth[solid]) == pytest.approx(true, abs=true**2 * 0.002)
    if shot.path("photo").parent.name.startswith("product"):
        return  # an object stands on its background: its profile asks for no distance to it
    behind = background_behind_subject_m(truth)
    farthest = true + behind
    assert value_of(shot, "background_distance") == pytest.approx(behind, abs=farthest**2 * 0.002)


def test_key_to_fill_of_three_shots_is_within_a_fifth_of_a_stop(shot_and_truth, studio, tmp_path):
    shot, _, lights = shot_and_truth
    scene = "product" if shot.folder.name.startswith("product") else "portrait"
    address = f"sim:{scene}@{studio(scene).port}"
    with Session(
        open_rig(address, address), tmp_path, load_profile(PROFILES[scene]), matte=False
    ) as session:
        session.set_camera("iso", "100")
        shots = [shot, session.shoot(), session.shoot()]
    # One shot scatters by 0.12 stop with the noise of depth, so one in ten would miss.
    ratio = np.median([value_of(each, "key_to_fill") for each in shots])
    assert ratio == pytest.approx(math.log2(lights["key"] / lights["fill"]), abs=0.2)


def test_numbers_go_on_when_a_session_is_opened_again(studio, tmp_path):
    address = f"sim:product@{studio('product').port}"
    profile = load_profile("product-white")
    numbers = []
    for _ in range(2):
        with Session(open_rig(address), tmp_path, profile, matte=False) as session:
            numbers.append(session.shoot().shot_id)
    assert numbers == [1, 2]
    assert len(list(tmp_path.glob("*.jpg"))) == 2


def test_live_view_is_measured_and_names_the_subject(studio, tmp_path):
    import threading

    address = f"sim:portrait@{studio('portrait').port}"
    seen: list[LiveReport] = []
    enough = threading.Event()

    def publish(report):
        seen.append(report)
        if report.silhouette is not None:
            enough.set()

    failures = []
    with Session(open_rig(address, address), tmp_path, load_profile("portrait")) as session:
        session.start_live(publish, failures.append)
        assert enough.wait(30.0)
    assert failures == []
    last = seen[-1]
    assert last.measurement.space.subject_distance_m == pytest.approx(1.97, abs=0.08)
    assert [r.frame.sequence for r in seen] == sorted({r.frame.sequence for r in seen})
    resolution = next(f for f in last.findings if f.check == "resolution")
    assert resolution.level == "not measured"


def test_a_live_sensor_without_calibration_is_refused():
    with pytest.raises(MismatchError, match="--calibration"):
        open_rig("gphoto2:", "oak:")


def test_addresses_that_make_no_sense_say_what_would():
    with pytest.raises(AddressError, match="sim:portrait"):
        open_rig("sim:circus")
    with pytest.raises(AddressError, match="gphoto2:"):
        open_rig("canon")
    for address in ("gphoto2:ptpip:localhost", "gphoto2:ptpip:"):
        with pytest.raises(AddressError, match=r"192\.168"):
            open_rig(address)
    with pytest.raises(DeviceNotFoundError):
        open_rig("sim:portrait@1")
    with pytest.raises(DeviceNotFoundError, match="no such folder"):
        open_rig("vusb:/nowhere")


def test_a_session_folder_that_cannot_be_written_is_refused(studio, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    rig = open_rig(f"sim:product@{studio('product').port}")
    try:
        with pytest.raises(OutputError, match="cannot be written"):
            Session(rig, tmp_path / "file" / "session", load_profile("portrait"))
    finally:
        rig.close()
