"""What stands beside a phone's depth, in files whose boxes are written here."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.depth_files import read_depth_file
from devices.frames import Intrinsics
from devices.heif_depth import DepthDescription, depth_description

XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:d="http://ns.apple.com/depthData/1.0/" {attributes}>{elements}
</rdf:Description></rdf:RDF></x:xmpmeta>"""
MATRIX = "".join(f"<rdf:li>{v}</rdf:li>" for v in (3000, 0, 0, 0, 3001, 0, 1990, 1510, 1))
LENS = f"""<d:IntrinsicMatrix><rdf:Seq>{MATRIX}</rdf:Seq></d:IntrinsicMatrix>
<d:IntrinsicMatrixReferenceWidth>4032</d:IntrinsicMatrixReferenceWidth>
<d:IntrinsicMatrixReferenceHeight>3024</d:IntrinsicMatrixReferenceHeight>"""
METRIC = XMP.format(attributes="", elements=f"<d:Accuracy>absolute</d:Accuracy>{LENS}").encode()


def box(kind, content):
    return struct.pack(">I4s", 8 + len(content), kind) + content


def heif(packet, *, described=2, bits=16):
    """Return a HEIF without pictures: item 1, auxiliary item 2, and the XMP of `described`."""
    code = "H" if bits == 16 else "I"
    version = struct.pack(">I", 0 if bits == 16 else 1 << 24)

    def reference(kind, source, target):
        return box(kind, struct.pack(f">{code}H{code}", source, 1, target))

    iref = box(b"iref", version + reference(b"auxl", 2, 1) + reference(b"cdsc", 3, described))

    def with_place(first):
        entry = struct.pack(">HHHHII", 3, 0, 0, 1, first, len(packet))
        iloc = box(b"iloc", struct.pack(">IBBH", 1 << 24, 0x44, 0, 1) + entry)
        return box(b"ftyp", b"heic" + bytes(4)) + box(b"meta", bytes(4) + iref + iloc)

    first = len(with_place(0)) + 8
    return with_place(first) + box(b"mdat", packet)


@pytest.mark.parametrize("bits", [16, 32])
def test_absolute_depth_is_metric_and_brings_its_lens(bits):
    lens = Intrinsics(3000, 3001, 1990, 1510, 4032, 3024)
    assert depth_description(heif(METRIC, bits=bits)) == DepthDescription(True, lens)


@pytest.mark.parametrize(("word", "metric"), [("absolute", True), ("relative", False)])
def test_a_property_may_be_an_attribute(word, metric):
    packet = XMP.format(attributes=f'd:Accuracy="{word}"', elements="").encode()
    assert depth_description(heif(packet)) == DepthDescription(metric)


def test_only_what_describes_an_auxiliary_picture_counts():
    assert not depth_description(heif(METRIC, described=1)).metric
    assert not depth_description(METRIC).metric


def test_xml_with_entities_is_not_read():
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>' + METRIC
    assert depth_description(heif(bomb)) == DepthDescription()


@pytest.mark.parametrize(
    "broken", [MATRIX.replace("3000", "-1"), MATRIX.replace("3000", "nan"), MATRIX[14:]]
)
def test_a_lens_that_is_none_is_left_out(broken):
    packet = METRIC.replace(MATRIX.encode(), broken.encode())
    assert depth_description(heif(packet)).lens is None


@given(st.lists(st.tuples(st.integers(0, 250), st.integers(0, 255)), max_size=6), st.floats(0, 1))
@settings(max_examples=200)
def test_any_damage_says_nothing_rather_than_fails(flips, share):
    content = bytearray(heif(METRIC))
    for place, value in flips:
        content[place] = value
    assert isinstance(
        depth_description(bytes(content[: int(share * len(content))])), DepthDescription
    )


def test_a_real_photograph_is_relative_and_has_a_lens(real_data, tmp_path):
    photograph = real_data / "rgbd" / "heic" / "pug.heic"
    frame = read_depth_file(photograph)
    assert not frame.metric
    assert frame.intrinsics.fx == pytest.approx(3032.594 * 768 / 4032, rel=1e-5)
    assert (frame.intrinsics.width, frame.intrinsics.height) == (768, 576)
    # The same photograph, if the phone had called its depth absolute.
    content = photograph.read_bytes()
    assert content.count(b"Accuracy>relative<") == 1
    (tmp_path / "a.heic").write_bytes(content.replace(b"Accuracy>relative<", b"Accuracy>absolute<"))
    metric = read_depth_file(tmp_path / "a.heic")
    assert metric.metric
    np.testing.assert_array_equal(metric.depth_m, frame.depth_m)
