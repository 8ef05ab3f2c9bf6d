"""Photographs of real cameras: each setting is read or its absence said, and none crashes."""

import math

import pytest

from capture.photo_check import check_photo
from capture.settings import load_profile
from matting.imaging.errors import InputFileError
from matting.imaging.exif import read_exif_settings

SETTINGS = {"iso": "iso", "shutter": "shutter_s", "aperture": "aperture_f"}


def test_every_setting_of_every_camera_jpeg_is_read_or_its_absence_said(real_data):
    profile = load_profile("portrait")
    read, refused = 0, []
    for path in sorted((real_data / "files" / "jpeg").iterdir()):
        said = read_exif_settings(path)
        try:
            _, examination = check_photo(path, profile)
        except InputFileError as error:  # damaged on purpose
            refused.append((path.name, str(error)))
            continue
        read += 1
        found = {finding.check: finding for finding in examination.findings}
        for check, setting in SETTINGS.items():
            value = getattr(said, setting)
            if value is None:
                assert found[check].level == "not measured"
                assert "does not state" in found[check].fix
            else:
                assert found[check].value == pytest.approx(value)
        assert not math.isnan(found["highlights"].value)
        assert found["highlights"].reason
    assert read >= 15
    assert all(name in words for name, words in refused)
