"""Tone curves, colour profiles, Lab and colour differences."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matting.imaging.colour import delta_e_2000, linear_srgb_to_lab, luminance
from matting.imaging.curves import BT709, LINEAR, SRGB, SRGB_CURVE, Transfer, gamma_transfer
from matting.imaging.icc import (
    UnusableProfileError,
    describe,
    srgb_profile,
    transfer_from_icc,
    transfer_or_srgb,
)

# Sharma, Wu, Dalal 2005, table 1: L, a, b of both colours and the difference.
SHARMA = np.array(
    [
        [50.0000, 2.6772, -79.7751, 50.0000, 0.0000, -82.7485, 2.0425],
        [50.0000, 3.1571, -77.2803, 50.0000, 0.0000, -82.7485, 2.8615],
        [50.0000, 2.8361, -74.0200, 50.0000, 0.0000, -82.7485, 3.4412],
        [50.0000, -1.3802, -84.2814, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, -1.1848, -84.8006, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, -0.9009, -85.5211, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, 0.0000, 0.0000, 50.0000, -1.0000, 2.0000, 2.3669],
        [50.0000, -1.0000, 2.0000, 50.0000, 0.0000, 0.0000, 2.3669],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0009, 7.1792],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0011, 7.2195],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0009, -2.4900, 4.8045],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0011, -2.4900, 4.7461],
        [50.0000, 2.5000, 0.0000, 50.0000, 0.0000, -2.5000, 4.3065],
        [50.0000, 2.5000, 0.0000, 73.0000, 25.0000, -18.0000, 27.1492],
        [50.0000, 2.5000, 0.0000, 61.0000, -5.0000, 29.0000, 22.8977],
        [50.0000, 2.5000, 0.0000, 56.0000, -27.0000, -3.0000, 31.9030],
        [50.0000, 2.5000, 0.0000, 58.0000, 24.0000, 15.0000, 19.4535],
        [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
        [63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630],
        [61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731],
        [35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645],
        [22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373],
        [36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146],
        [90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441],
        [90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381],
        [6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377],
        [2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082],
    ]
)

lab_colours = st.tuples(st.floats(0, 100), st.floats(-100, 100), st.floats(-100, 100)).map(np.array)


def test_delta_e_2000_agrees_with_the_published_pairs() -> None:
    difference = delta_e_2000(SHARMA[:, 0:3], SHARMA[:, 3:6])
    np.testing.assert_allclose(difference, SHARMA[:, 6], atol=5e-5)


@given(lab_colours, lab_colours)
def test_delta_e_2000_is_symmetric_and_zero_only_for_equals(one, other) -> None:
    assert delta_e_2000(one, other) == pytest.approx(delta_e_2000(other, one), abs=1e-9)
    assert delta_e_2000(one, one) == 0


@pytest.mark.parametrize(
    "transfer",
    [
        SRGB,
        BT709,
        LINEAR,
        gamma_transfer(2.2),
        gamma_transfer(1.8),
        transfer_from_icc(srgb_profile()),
    ],
    ids=lambda t: t.name,
)
@pytest.mark.parametrize("bit_depth", [8, 16])
def test_every_code_survives_decoding_and_encoding(transfer: Transfer, bit_depth: int) -> None:
    codes = np.arange(1 << bit_depth, dtype=np.uint8 if bit_depth == 8 else np.uint16)
    rgb = np.repeat(codes[:, None], 3, axis=1)
    np.testing.assert_array_equal(transfer.encode(transfer.decode(rgb), bit_depth), rgb)


def test_srgb_reference_values() -> None:
    # IEC 61966-2-1: code 188 is half the light of 255, code 10 lies in the linear toe.
    linear = SRGB.decode(np.array([0, 10, 188, 255], dtype=np.uint8))
    np.testing.assert_allclose(linear, [0, 10 / 255 / 12.92, 0.5029, 1], atol=1e-4)


def test_one_stop_more_light_doubles_the_linear_value() -> None:
    codes = SRGB.encode(np.array([[0.1, 0.2, 0.4]], dtype=np.float32), 16)
    linear = SRGB.decode(codes)[0]
    np.testing.assert_allclose(linear[1:] / linear[:-1], 2, rtol=2e-4)


def test_light_beyond_what_codes_hold_is_clipped() -> None:
    codes = SRGB.encode(np.array([[-0.5, 1.0, 7.0]], dtype=np.float32), 8)
    np.testing.assert_array_equal(codes, [[0, 255, 255]])


def test_channels_may_have_curves_of_their_own() -> None:
    gamma_18, gamma_22 = gamma_transfer(1.8).curves[0], gamma_transfer(2.2).curves[0]
    transfer = Transfer((gamma_18, gamma_22, SRGB_CURVE), "mixed")
    codes = np.full((1, 1, 3), 128, dtype=np.uint8)
    expected = [(128 / 255) ** 1.8, (128 / 255) ** 2.2, 0.21586]
    np.testing.assert_allclose(transfer.decode(codes)[0, 0], expected, atol=1e-5)
    np.testing.assert_array_equal(transfer.encode(transfer.decode(codes), 8), codes)


def profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    header = bytearray(128)
    header[16:20] = space
    header[36:40] = b"acsp"
    table, data, offset = b"", b"", 132 + 12 * len(tags)
    for name, value in tags.items():
        table += struct.pack(">4sII", name, offset + len(data), len(value))
        data += value
    return bytes(header) + struct.pack(">I", len(tags)) + table + data


def curv(*values: int) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(f">I{len(values)}H", len(values), *values)


def para(kind: int, *values: float) -> bytes:
    fixed = [round(value * 65536) for value in values]
    return b"para\0\0\0\0" + struct.pack(f">HH{len(values)}i", kind, 0, *fixed)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        (curv(), 0.5),
        (curv(round(2.2 * 256)), 0.5 ** (563 / 256)),
        (curv(0, 1000, 65535), 1000 / 65535),
        (para(0, 2.0), 0.25),
        (para(1, 2.0, 1.0, -0.25), 0.0625),
        (para(2, 2.0, 1.0, -0.25, 0.125), 0.1875),
        (para(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045), 0.21404),
        (para(4, 2.0, 1.0, 0.0, 0.5, 0.75, 0.1, 0.01), 0.26),
    ],
)
def test_tone_curves_of_profiles(tag: bytes, expected: float) -> None:
    transfer = transfer_from_icc(profile(b"RGB ", dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), tag)))
    middle = transfer.curves[0].decode(np.array([0.5]))[0]
    assert middle == pytest.approx(expected, abs=2e-4)


def test_a_grey_profile_gives_its_one_curve_to_all_channels() -> None:
    transfer = transfer_from_icc(profile(b"GRAY", {b"kTRC": curv(512)}))
    assert transfer.curves[0].decode(np.array([0.5]))[0] == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no profile", "not an ICC profile"),
        (profile(b"CMYK", {}), "CMYK"),
        (profile(b"RGB ", {b"A2B0": b"mft2"}), "look-up tables"),
        (
            profile(b"RGB ", dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curv(1, 2, 3)[:13])),
            "cut short",
        ),
        (profile(b"RGB ", dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), para(9, 1.0))), "type 9"),
        (srgb_profile()[:140], "cut short"),
    ],
)
def test_an_unusable_profile_is_said_and_read_as_srgb(data: bytes, reason: str) -> None:
    with pytest.raises(UnusableProfileError, match=reason):
        transfer_from_icc(data)
    transfer, warning = transfer_or_srgb(data)
    assert transfer is SRGB
    assert warning is not None
    assert "decoded as sRGB" in warning


def test_a_picture_without_profile_is_srgb_without_warning() -> None:
    assert transfer_or_srgb(None) == (SRGB, None)


def test_our_own_profile_is_srgb_and_always_the_same_bytes() -> None:
    assert describe(srgb_profile()) == "sRGB built-in"
    srgb_profile.cache_clear()
    first = srgb_profile()
    srgb_profile.cache_clear()
    assert srgb_profile() == first
    codes = np.arange(256, dtype=np.uint8)[:, None].repeat(3, axis=1)
    np.testing.assert_allclose(
        transfer_from_icc(first).decode(codes), SRGB.decode(codes), atol=3e-5
    )


def test_white_and_primaries_in_lab() -> None:
    np.testing.assert_allclose(linear_srgb_to_lab(np.ones(3), "D65"), [100, 0, 0], atol=1e-3)
    np.testing.assert_allclose(linear_srgb_to_lab(np.ones(3), "D50"), [100, 0, 0], atol=1e-3)
    # Lindbloom's values for sRGB red.
    red = np.array([1.0, 0.0, 0.0])
    np.testing.assert_allclose(linear_srgb_to_lab(red, "D65"), [53.24, 80.09, 67.20], atol=0.02)
    np.testing.assert_allclose(linear_srgb_to_lab(red, "D50"), [54.29, 80.81, 69.89], atol=0.02)


@given(st.floats(0, 1))
def test_grey_has_no_chroma_and_18_percent_is_near_L_50(level: float) -> None:
    lab = linear_srgb_to_lab(np.full(3, level))
    assert abs(lab[1]) < 1e-3
    assert abs(lab[2]) < 1e-3
    assert linear_srgb_to_lab(np.full(3, 0.1842))[0] == pytest.approx(50, abs=0.02)


def test_luminance_of_white_is_one_and_green_counts_most() -> None:
    assert luminance(np.ones((1, 3), dtype=np.float32))[0] == pytest.approx(1, abs=1e-6)
    red, green, blue = luminance(np.eye(3, dtype=np.float32))
    assert green > red > blue
