"""A good cut-out passes every check, and each fault is found by the check that is made for it."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from capture.inspection import WANTED, findings_of
from matting.edge_line import edge_line
from matting.imaging.curves import SRGB
from matting.imaging.files import read_alpha, read_picture, write_cutout
from matting.imaging.pixels import EncodedPicture
from matting.quality import measure_cutout
from matting.silhouette_faults import enclosed_holes, islands
from tui.cli import main
from tui.exit_codes import ExitCode

WIDTH, HEIGHT = 480, 400
CENTRE, RADIUS = (240.0, 210.0), 120.0
BLUE = np.array([0.05, 0.12, 0.45], np.float32)


@dataclass(frozen=True)
class Cutout:
    linear: np.ndarray
    alpha: np.ndarray
    photograph: np.ndarray


def hair(count=60, side=4):
    """Return the coverage of thin strands that stand out at the top, drawn fine and averaged."""
    fine = np.zeros((HEIGHT * side, WIDTH * side), np.float32)
    random = np.random.default_rng(3)
    for angle in np.radians(random.uniform(230, 310, count)):
        way = np.array([np.cos(angle), np.sin(angle)])
        ends = [
            np.array(CENTRE) + way * (RADIUS + reach) for reach in (-12, random.uniform(12, 30))
        ]
        (x0, y0), (x1, y1) = ((side * end).astype(int).tolist() for end in ends)
        cv2.line(fine, (x0, y0), (x1, y1), 1.0, 3)
    return cv2.resize(fine, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


def good():
    """Return a shaded disc with hair, cut from an even blue background without a fault."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    disc = np.clip(0.5 + (RADIUS - np.hypot(x - CENTRE[0], y - CENTRE[1])) / 2, 0, 1)
    alpha = np.maximum(disc, hair()).astype(np.float32)
    shade = 0.8 + 0.3 * x / WIDTH
    linear = np.stack([0.42 * shade, 0.24 * shade, 0.14 * shade], axis=-1).astype(np.float32)
    photograph = alpha[..., None] * linear + (1 - alpha[..., None]) * BLUE
    return Cutout(linear, alpha, photograph.astype(np.float32))


def flagged(cutout, **more):
    quality = measure_cutout(
        cutout.linear, cutout.alpha, photograph_linear=cutout.photograph, **more
    )
    found = findings_of(quality, with_photograph=True)
    return {f.check: f for f in found if f.level in ("warn", "fail")}


def with_lumps(alpha, centres, radius, value):
    changed = alpha.copy()
    for centre in centres:
        cv2.circle(changed, centre, radius, value, -1, cv2.LINE_8)
    return changed


# --- each fault by its own check ------------------------------------------------------------------


def test_a_good_cut_out_passes_and_says_what_it_could_not_see():
    quality = measure_cutout(good().linear, good().alpha, photograph_linear=good().photograph)
    levels = {f.check: f.level for f in findings_of(quality, with_photograph=True)}
    assert levels.pop("holes_against_depth") == "not measured"
    assert set(levels.values()) == {"ok"}, levels
    assert set(levels) | {"holes_against_depth"} == set(WANTED)
    assert 0.05 < quality.hair_share < 0.6


@pytest.mark.parametrize("encoded", [False, True])
def test_stored_premultiplied(encoded):
    one = good()
    codes = SRGB.encode(one.linear, 16) / 65535 * one.alpha[..., None]
    dimmed = (
        SRGB.decode((codes * 65535).astype(np.uint16))
        if encoded
        else one.linear * one.alpha[..., None]
    )
    found = flagged(replace(one, linear=dimmed.astype(np.float32)))
    assert found["premultiplied"].level == "fail"
    assert found["premultiplied"].value == pytest.approx(2.2 if encoded else 1.0, abs=0.25)
    # What follows from it may be told too; alpha is without fault.
    assert set(found) <= {"premultiplied", "fringe", "halo_on_white", "recomposition"}


def test_colours_that_were_never_unmixed():
    found = flagged(replace(good(), linear=good().photograph))
    assert found["fringe"].level == "fail"
    assert set(found) <= {"fringe", "halo_on_black", "halo_on_white", "recomposition"}


def test_a_bright_rim_shows_on_black_and_a_dark_one_on_white():
    one = good()
    rim = ((one.alpha < 0.98) & (one.alpha > 0))[..., None]
    brighter = flagged(replace(one, linear=np.where(rim, 2.2 * one.linear, one.linear)))
    darker = flagged(replace(one, linear=np.where(rim, 0.35 * one.linear, one.linear)))
    assert brighter["halo_on_black"].value > 4
    assert "halo_on_white" not in brighter
    assert darker["halo_on_white"].value < -2.5
    assert "halo_on_black" not in darker
    assert "premultiplied" not in darker


@pytest.mark.parametrize("step", [1, 3])
def test_a_stair_stepped_edge(step):
    one = good()
    small = cv2.resize(one.alpha, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_NEAREST)
    steps = cv2.resize(
        (small > 0.5).astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST
    )
    found = flagged(replace(one, alpha=steps))
    assert found["jaggedness"].level == "fail"
    assert found["hard_edge"].level == "fail"
    assert "soft_edge" not in found
    assert not {"fringe", "halo_on_black", "halo_on_white", "premultiplied"} & set(found)


def test_a_blurred_edge_is_wide_and_not_jagged():
    one = good()
    found = flagged(replace(one, alpha=cv2.GaussianBlur(one.alpha, (0, 0), 2.2)))
    assert found["soft_edge"].value > 5
    assert not {"jaggedness", "hard_edge"} & set(found)


def test_leftover_islands_are_counted_and_placed():
    one = good()
    lumps = with_lumps(one.alpha, [(40, 40), (440, 360), (30, 350)], 3, 0.8)
    found = flagged(replace(one, alpha=lumps, photograph=one.photograph))
    assert set(found) - {"recomposition"} == {"islands"}
    assert found["islands"].shown.startswith("3 parts")
    x, _, width, height = found["islands"].region
    assert (width, height) == (7, 7)
    assert any(abs(x + 3 - cx) <= 1 for cx in (40, 440, 30))


def test_holes_warn_and_fail_once_depth_sees_the_subject_there():
    one = good()
    holes = replace(one, alpha=with_lumps(one.alpha, [(240, 210), (200, 250)], 10, 0.0))
    found = flagged(holes)
    assert set(found) - {"recomposition"} == {"enclosed_holes"}
    assert found["enclosed_holes"].level == "warn"
    x, _, width, _ = found["enclosed_holes"].region
    assert abs(x + width / 2 - 240) < 2 or abs(x + width / 2 - 200) < 2
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    sure = np.hypot(x - CENTRE[0], y - CENTRE[1]) < RADIUS - 6
    seen = flagged(holes, sure_subject=sure)
    assert seen["holes_against_depth"].level == "fail"
    assert "holes_against_depth" not in flagged(one, sure_subject=sure)


# --- what the measures are ------------------------------------------------------------------------


@settings(max_examples=20)
@given(st.floats(2.0, 5.0), st.floats(0.0, 1.0), st.floats(0.0, 1.5))
def test_the_width_of_a_straight_ramp_is_its_own(width, shift, angle):
    y, x = np.mgrid[:160, :160].astype(np.float32)
    across = (x - 80 - shift) * np.cos(angle) + (y - 80) * np.sin(angle)
    line = edge_line(np.clip(0.5 + across / width, 0, 1).astype(np.float32))
    # Bilinear reading between pixels rounds the ramp's corners off.
    assert np.median(line.width_px) == pytest.approx(width, rel=0.2)
    assert np.median(line.departure_px) < 0.08


@given(st.sampled_from([30.0, 60.0, 90.0]))
def test_a_smooth_curve_is_not_rough_however_small(radius):
    y, x = np.mgrid[:220, :220].astype(np.float32)
    disc = np.clip(0.5 + (radius - np.hypot(x - 110.3, y - 109.8)) / 2, 0, 1)
    assert np.median(edge_line(disc.astype(np.float32)).departure_px) < 0.05


@given(st.integers(2, 12), st.integers(0, 360))
def test_an_island_counts_only_apart_from_the_body(radius, angle):
    alpha = np.zeros((300, 300), np.float32)
    cv2.circle(alpha, (150, 150), 90, 1.0, -1)
    way = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])

    def with_lump(distance):
        x, y = (150 + distance * way).round().astype(int).tolist()
        return with_lumps(alpha, [(x, y)], radius, 1.0)

    assert islands(with_lump(90 + radius + 12)).count == 1
    assert islands(with_lump(90)).count == 0
    assert enclosed_holes(alpha).count == 0


def test_turned_over_the_same_faults_are_found():
    one = replace(good(), linear=good().photograph)
    mirrored = Cutout(
        *(np.ascontiguousarray(a[:, ::-1]) for a in (one.linear, one.alpha, one.photograph))
    )
    there, back = (measure_cutout(c.linear, c.alpha) for c in (one, mirrored))
    assert back.fringe.value == pytest.approx(there.fringe.value, rel=0.05)
    assert back.roughness.value == pytest.approx(there.roughness.value, abs=0.01)
    assert back.islands.count == there.islands.count


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path):
    one = good()
    photograph = EncodedPicture(SRGB.encode(one.photograph, 8), SRGB, tmp_path / "photo.png")
    Image.fromarray(photograph.codes).save(photograph.path)
    write_cutout(tmp_path / "good.png", one.alpha, one.linear, photograph)
    raw = np.dstack([photograph.codes, np.round(one.alpha * 255).astype(np.uint8)])
    Image.fromarray(raw).save(tmp_path / "raw.png")
    return tmp_path


def run(*arguments):
    return main([str(argument) for argument in arguments])


def test_the_command_prints_findings_and_its_exit_code_tells(files, capsys):
    photo = files / "photo.png"
    assert run("inspect", files / "good.png", "--image", photo, "--json") == ExitCode.OK
    report = json.loads(capsys.readouterr().out)
    assert report["passed"] is True
    assert report["not_measured"] == 1
    assert {f["check"] for f in report["findings"]} == set(WANTED)

    assert run("inspect", files / "raw.png", "--image", photo) == ExitCode.NOT_READY
    text = capsys.readouterr().out
    assert "FAIL  fringe" in text
    assert "not good enough" in text


def test_the_command_sees_holes_by_depth(files, capsys):
    y, x = np.mgrid[: HEIGHT // 2, : WIDTH // 2]
    near = np.hypot(x - CENTRE[0] / 2, y - CENTRE[1] / 2) < RADIUS / 2
    np.save(files / "depth.npy", np.where(near, 1.0, 2.5).astype(np.float32))
    (files / "lens.json").write_text(
        json.dumps({"fx": 300, "fy": 300, "cx": 120, "cy": 100, "width": 240, "height": 200})
    )
    codes = np.array(Image.open(files / "good.png"))
    cv2.circle(codes, (240, 210), 12, (0, 0, 0, 0), -1)
    Image.fromarray(codes).save(files / "hole.png")
    depth = ("--depth", files / "depth.npy", "--intrinsics", files / "lens.json")
    assert run("inspect", files / "good.png", *depth) == ExitCode.OK
    capsys.readouterr()
    assert run("inspect", files / "hole.png", *depth) == ExitCode.NOT_READY
    assert "FAIL  holes against depth" in capsys.readouterr().out


def test_what_cannot_be_inspected_is_refused_with_the_reason(files, capsys):
    codes = np.array(Image.open(files / "good.png"))
    for name, alpha in (("empty", 0), ("opaque", 255)):
        codes[..., 3] = alpha
        Image.fromarray(codes).save(files / f"{name}.png")
        assert run("inspect", files / f"{name}.png") == ExitCode.INPUT_FILE
        assert name in capsys.readouterr().err
    assert run("inspect", files / "photo.png") == ExitCode.INPUT_FILE
    assert "no alpha" in capsys.readouterr().err
    Image.fromarray(codes[:50, :50, :3]).save(files / "other.png")
    other = files / "other.png"
    assert run("inspect", files / "good.png", "--image", other) == ExitCode.MISMATCH
    assert "50 x 50" in capsys.readouterr().err


# --- photographs with true alpha ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["GT01", "GT13", "GT19"])
def test_a_true_matte_beats_one_that_was_not_unmixed_or_thresholded(real_data: Path, name):
    from matting.foreground import estimate_foreground

    folder = real_data / "alpha" / "alphamatting"
    photograph = read_picture(folder / "image" / f"{name}.png").linear()
    alpha = read_alpha(folder / "truth" / f"{name}.png")
    true = measure_cutout(estimate_foreground(photograph, alpha), alpha)
    raw = measure_cutout(photograph, alpha)
    hard = measure_cutout(photograph, (alpha > 0.5).astype(np.float32))
    assert true.fringe.value < 5 < 10 < raw.fringe.value
    assert true.roughness.value < 0.12 < hard.roughness.value
    assert hard.edge_width.value < 1.2 < 1.35 < true.edge_width.value
