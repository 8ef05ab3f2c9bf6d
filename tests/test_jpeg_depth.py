"""Depth in a phone's JPEG, in files that are written here by Google's and Adobe's documents."""

from __future__ import annotations

import base64
import io
import struct

import numpy as np
import pytest
from PIL import Image

from devices.depth_files import read_depth_file
from devices.jpeg_depth import jpeg_depth
from matting.imaging.errors import InputFileError

CODES = np.linspace(0, 255, 48 * 64).reshape(48, 64).astype(np.uint8)
MANY = np.random.default_rng(1).integers(0, 256, (400, 500)).astype(np.uint8)
ABOUT = {"Format": "RangeInverse", "Near": "0.5", "Far": "4.0", "Units": "m", "Mime": "image/png"}


def png(codes):
    held = io.BytesIO()
    Image.fromarray(codes).save(held, "PNG")
    return held.getvalue()


def xmp(**properties):
    told = " ".join(f'GDepth:{name}="{text}"' for name, text in properties.items())
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        f'xmlns:GDepth="http://ns.google.com/photos/1.0/depthmap/" {told}/></rdf:RDF></x:xmpmeta>'
    ).encode()


def segment(body):
    return b"\xff\xe1" + struct.pack(">H", 2 + len(body)) + body


def phone_jpeg(path, data=None, **changed):
    """Write a JPEG whose depth stands in extended XMP, in parts, the last one first."""
    held = io.BytesIO()
    Image.new("RGB", (128, 96)).save(held, "JPEG")
    packed = base64.b64encode(png(CODES) if data is None else data).decode()
    more = xmp(Data=packed)
    parts = [
        b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32
        + struct.pack(">II", len(more), at) + more[at : at + 60_000]
        for at in range(0, len(more), 60_000)
    ]  # fmt: skip
    first = b"http://ns.adobe.com/xap/1.0/\0" + xmp(**(ABOUT | changed))
    segments = [segment(body) for body in (first, *reversed(parts))]
    path.write_bytes(held.getvalue()[:2] + b"".join(segments) + held.getvalue()[2:])
    return path


def test_inverse_range_in_metres_is_metric(tmp_path):
    frame = read_depth_file(phone_jpeg(tmp_path / "a.jpg"))
    assert frame.metric
    # Even in disparity, from near to far.
    share = CODES / 255.0
    np.testing.assert_allclose(1 / frame.depth_m, 1 / 0.5 + share * (1 / 4 - 1 / 0.5), rtol=1e-5)
    assert frame.depth_m[0, 0] == pytest.approx(0.5)
    assert frame.depth_m[-1, -1] == pytest.approx(4.0)


def test_linear_range_in_millimetres(tmp_path):
    path = phone_jpeg(tmp_path / "a.jpg", Format="RangeLinear", Near="500", Far="4000", Units="mm")
    frame = read_depth_file(path)
    np.testing.assert_allclose(frame.depth_m, 0.5 + CODES / 255 * 3.5, rtol=1e-5)


@pytest.mark.parametrize("changed", [{"Units": ""}, {"MeasureType": "OpticRay"}])
def test_without_a_unit_or_along_rays_it_only_orders_points(tmp_path, changed):
    frame = read_depth_file(phone_jpeg(tmp_path / "a.jpg", **changed))
    assert not frame.metric
    assert (np.diff(frame.depth_m.ravel()) >= 0).all()
    assert np.nanmedian(frame.depth_m) == pytest.approx(1.0)


def test_depth_of_many_segments_and_of_16_bit(tmp_path):
    path = phone_jpeg(tmp_path / "a.jpg", png(MANY))
    assert path.stat().st_size > 3 * 65_536
    assert jpeg_depth(path.read_bytes())[0].shape == MANY.shape
    fine = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    depth, _ = jpeg_depth(phone_jpeg(tmp_path / "b.jpg", png(fine)).read_bytes())
    assert len(np.unique(depth)) > 60_000


@pytest.mark.parametrize(
    ("data", "changed"),
    [
        (None, {"Near": "0"}),
        (None, {"Near": "4", "Far": "1"}),
        (None, {"Far": "inf"}),
        (None, {"Far": "far"}),
        (None, {"Format": "RangeSquare"}),
        (b"no picture", {}),
        (png(CODES)[:100], {}),
    ],
)
def test_what_cannot_be_depth_is_named(tmp_path, data, changed):
    with pytest.raises(InputFileError, match=r"a\.jpg"):
        read_depth_file(phone_jpeg(tmp_path / "a.jpg", data, **changed))


def test_a_photograph_without_depth_is_named(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg")
    with pytest.raises(InputFileError, match="holds no embedded depth"):
        read_depth_file(tmp_path / "a.jpg")


def test_any_cut_is_told_or_leaves_the_depth_whole(tmp_path):
    content = phone_jpeg(tmp_path / "a.jpg").read_bytes()
    whole, _ = jpeg_depth(content)
    for length in range(0, len(content), 37):
        (tmp_path / "b.jpg").write_bytes(content[:length] or b"\xff")
        try:
            frame = read_depth_file(tmp_path / "b.jpg")
        except InputFileError:
            continue
        np.testing.assert_array_equal(frame.depth_m, whole)
