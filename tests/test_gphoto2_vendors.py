"""The table of camera makers: whole, and obeyed by bodies through the real libgphoto2."""

import math
from contextlib import closing
from itertools import chain
from pathlib import Path

import gphoto2
import pytest

from capture.camera_settings import write_settings
from capture.doctor import sample_of
from capture.rig import Rig
from devices.errors import DeviceError, UnsupportedError
from devices.frames import CameraInfo
from devices.gphoto2_camera import Gphoto2Camera
from devices.gphoto2_config import number_of
from devices.gphoto2_vendors import CAPABILITY_NAMES, OTHER, VENDORS, lacking, vendor_of
from devices.interfaces import SETTING_NAMES
from devices.simulated.plain_camera import PlainCamera
from tui.cli import main
from tui.exit_codes import ExitCode

EVERY_VENDOR = pytest.mark.parametrize("vendor", [*VENDORS, OTHER], ids=lambda vendor: vendor.name)


@pytest.fixture(scope="module")
def driver():
    """Return the bytes of libgphoto2's PTP driver, which holds its names as strings."""
    (path,) = Path(gphoto2.__file__).parent.glob("libgphoto2/camlibs/ptp2.*")
    return path.read_bytes()


@EVERY_VENDOR
def test_each_vendor_has_each_row_and_words_for_a_body_without(vendor):
    assert set(vendor.rows) == {*SETTING_NAMES, *CAPABILITY_NAMES}
    assert all(row.otherwise for row in vendor.rows.values())


@EVERY_VENDOR
def test_no_widget_stands_for_two_of_our_names(vendor):
    widgets = list(chain.from_iterable(row.widgets for row in vendor.rows.values()))
    assert len(widgets) == len(set(widgets))


@EVERY_VENDOR
def test_the_library_knows_every_name(vendor, driver):
    names = {*chain.from_iterable(row.widgets for row in vendor.rows.values())}
    names |= {vendor.live_view_switch, vendor.button_target} - {None}
    for name in {*names, *vendor.card, *vendor.ram}:
        assert name.encode() + b"\0" in driver, name  # the linker lets one end in another


@pytest.mark.parametrize(("name", "value"), [("iso", 100), ("shutter", 0.008), ("aperture", 5.6)])
def test_every_way_of_writing_a_value_is_read_as_the_number_it_is(name, value):
    ways = {way for vendor in VENDORS for way in vendor.rows[name].written}
    assert all(number_of(way) is not None for way in ways)
    assert {way for way in ways if math.isclose(number_of(way), value)} >= {
        "iso": {"100"}, "shutter": {"1/125", "0.0080s"}, "aperture": {"5.6", "f/5.6"},
    }[name]  # fmt: skip


def test_card_and_memory_are_told_apart():
    for vendor in VENDORS:
        assert not set(vendor.card) & set(vendor.ram)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Nikon Corporation", "Nikon"), ("Canon Inc.", "Canon"), ("Sony Corporation", "Sony"),
        ("FUJIFILM", "Fuji"), ("Panasonic", "Panasonic"), ("OLYMPUS", "camera"), ("", "camera"),
    ],
)  # fmt: skip
def test_a_maker_is_known_by_what_its_bodies_state(words, name):
    assert vendor_of(words).name == name


@pytest.mark.parametrize("dialect", ["nikon", "canon", "canon-r"])
def test_a_body_of_each_dialect_obeys_its_makers_row(dialect):
    with (
        closing(PlainCamera(dialect=dialect)) as body,
        closing(Gphoto2Camera(body.address, body.port)) as camera,
    ):
        info = camera.info()
        vendor = vendor_of(dialect)
        assert info.maker == vendor.name
        assert {"iso", "shutter", "aperture", "image_quality", "focus_drive"} <= set(info.has)
        settings = camera.settings()
        assert set(settings) == set(info.has) & set(SETTING_NAMES)
        assert ("half_press" in info.has) == (dialect != "canon")  # which is an older body
        assert settings["capture_target"].value in vendor.card
        assert settings["capture_target"].choices == (*vendor.ram, *vendor.card)
        for name, number in (("shutter", 0.008), ("aperture", 5.6)):
            forms = {number_of(c) for c in settings[name].choices}
            assert any(value and math.isclose(value, number, rel_tol=0.01) for value in forms)


def test_a_body_without_is_refused_in_its_makers_words(capsys):
    with closing(PlainCamera(dialect="canon")) as body:
        with closing(Gphoto2Camera(body.address, body.port)) as camera:
            assert "focus_mode" not in camera.info().has
            with pytest.raises(UnsupportedError, match=r"this Canon has no focus mode.*AF/MF"):
                camera.set("focus_mode", "Manual")
            with pytest.raises(UnsupportedError, match="AF/MF at the lens"):
                write_settings(camera, {"iso": "400", "focus_mode": "Manual"})
            told, _ = sample_of(Rig(camera, None, None))
            assert "AF/MF" in told["camera"]["lacks"]["focus_mode"]
        assert main(["set", "--camera", body.address, "focus_mode=M"]) == ExitCode.DEVICE_REFUSED
        assert "this Canon has no focus mode" in capsys.readouterr().err
        assert main(["set", "--camera", body.address]) == ExitCode.OK
        assert "AF/MF" in capsys.readouterr().out


def test_what_a_body_lacks_is_told_by_its_maker_and_of_no_other_camera():
    sony = CameraInfo("gphoto2:", "A7", "1", maker="Sony", has=("iso",))
    assert "Still Img. Save Dest." in lacking(sony)["capture_target"]
    assert "iso" not in lacking(sony)
    assert lacking(CameraInfo("folder:x", "folder", "")) == {}
    assert isinstance(vendor_of("Sony").lacks("gphoto2:", "capture_target"), DeviceError)
