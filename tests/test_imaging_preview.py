"""The quick preview shows what the full picture shows, smaller."""

import numpy as np
import pytest
from PIL import Image

from matting.imaging.errors import InputFileError, TruncatedFileError
from matting.imaging.files import read_picture
from matting.imaging.preview import read_preview
from matting.imaging.resizing import reduced


@pytest.fixture
def photograph(tmp_path):
    """Two ramps that no two corners share, 2400 x 1600."""
    across = np.linspace(20, 235, 2400)[None, :].repeat(1600, 0)
    down = np.linspace(20, 235, 1600)[:, None].repeat(2400, 1)
    picture = np.stack([across, down, 255 - across], axis=2).astype(np.uint8)

    def save(name, orientation=1):
        path = tmp_path / name
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(picture).save(path, quality=95, exif=exif)
        return path

    return save


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpegs_preview_is_the_upright_picture_made_smaller(photograph, orientation):
    path = photograph("a.jpg", orientation)
    preview = read_preview(path, 600)
    full = reduced(read_picture(path).encoded_8bit(), 600)
    assert preview.shape == full.shape
    assert max(preview.shape) == 600
    np.testing.assert_allclose(preview.astype(float), full, atol=4)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_what_has_no_quick_way_is_read_in_full(photograph, name):
    path = photograph(name)
    full = reduced(read_picture(path).encoded_8bit(), 1400)
    np.testing.assert_array_equal(read_preview(path), full)


def test_a_small_picture_is_not_enlarged(photograph):
    assert read_preview(photograph("a.jpg"), 5000).shape == (1600, 2400, 3)


def test_a_jpeg_without_its_end_is_refused_in_words(photograph, tmp_path):
    data = photograph("a.jpg").read_bytes()
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(data[: len(data) // 3])
    with pytest.raises(TruncatedFileError, match=r"cut\.jpg"):
        read_preview(cut)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputFileError, match=r"gone\.jpg"):
        read_preview(tmp_path / "gone.jpg")


def test_a_raw_file_without_a_preview_is_developed(real_data):
    preview = read_preview(real_data / "files/dng/colorchart.dng", 600)
    assert max(preview.shape) == 600
    assert preview.std() > 10


def test_a_jpeg_of_absurd_size_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    path = tmp_path / "bomb.jpg"
    Image.new("RGB", (64, 64)).save(path)
    read_picture(path)  # whose decoders lift Pillow's own limit
    data = bytearray(path.read_bytes())
    frame = data.index(b"\xff\xc0")  # its length, depth, height and width follow
    data[frame + 5 : frame + 9] = b"\xff\x00\xff\x00"
    path.write_bytes(data)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda image: pytest.fail("decoded"))
    with pytest.raises(InputFileError, match="65280 x 65280"):
        read_preview(path)
