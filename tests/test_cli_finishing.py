"""The commands' methods, edge tools, layers and composites, from files to files."""

import json
from typing import get_args

import cv2
import numpy as np
import pytest
from psd_tools import PSDImage

from capture.evidence_maps import PALETTE
from capture.methods import Method
from matting.composite import over
from matting.imaging.curves import SRGB
from matting.imaging.files import read_alpha, read_cutout, read_picture, write_codes
from tui.cli import command_parser, main
from tui.exit_codes import ExitCode

SIZE = (480, 360)
#: Two boxes before a wall: left, top, right, bottom in pixels, distance in metres, colour.
NEAR = ((70, 90, 190, 300), 1.2, (190, 60, 40))
FAR = ((280, 110, 400, 290), 1.8, (40, 70, 180))


def noisy(codes, seed):
    noise = np.random.default_rng(seed).normal(0, 1.5, codes.shape)
    return np.clip(np.round(codes + noise), 0, 255).astype(np.uint8)


def with_boxes(backdrop):
    picture = backdrop.copy()
    for (left, top, right, bottom), _, colour in (NEAR, FAR):
        picture[top:bottom, left:right] = colour
    return picture


@pytest.fixture(scope="module")
def boxes(tmp_path_factory):
    """Return a folder with photographs of two boxes, their depth, trimap, and the empty set."""
    folder = tmp_path_factory.mktemp("boxes")
    width, height = SIZE
    rng = np.random.default_rng(5)
    tiles = rng.integers(90, 170, (height // 20, width // 20, 3), dtype=np.uint8)
    wall = cv2.resize(tiles, SIZE, interpolation=cv2.INTER_NEAREST)
    write_codes(folder / "photo.png", noisy(with_boxes(wall), 1))
    write_codes(folder / "plate.png", noisy(wall, 2))
    green = np.full((height, width, 3), (40, 170, 70), np.uint8)
    write_codes(folder / "screen.png", noisy(with_boxes(green), 3))
    depth = np.full((height, width), 3.0, np.float32)
    trimap = np.zeros((height, width), np.uint8)
    for (left, top, right, bottom), distance_m, _ in (NEAR, FAR):
        depth[top:bottom, left:right] = distance_m
        trimap[top - 4 : bottom + 4, left - 4 : right + 4] = 128
        trimap[top + 4 : bottom - 4, left + 4 : right - 4] = 255
    np.save(folder / "empty.npy", np.full((height, width), 3.0, np.float32))
    np.save(folder / "depth.npy", (depth + rng.normal(0, 0.002, depth.shape)).astype(np.float32))
    lens = {"fx": 500, "fy": 500, "cx": width / 2, "cy": height / 2}
    (folder / "lens.json").write_text(json.dumps(lens | {"width": width, "height": height}))
    write_codes(folder / "trimap.png", trimap[..., None])
    write_codes(folder / "small.png", trimap[::2, ::2, None])
    write_codes(folder / "unmarked.png", np.full((height, width, 1), 128, np.uint8))
    return folder


def run(*arguments):
    return main([str(argument) for argument in arguments])


def true_alpha(*chosen):
    alpha = np.zeros(SIZE[::-1])
    for (left, top, right, bottom), _, _ in chosen:
        alpha[top:bottom, left:right] = 1
    return alpha


def by_depth(folder):
    return ("--depth", folder / "depth.npy", "--intrinsics", folder / "lens.json")


@pytest.mark.parametrize(
    ("method", "photo", "options"),
    [
        ("trimap", "photo.png", ("--trimap", "trimap.png")),
        ("difference", "photo.png", ("--plate", "plate.png")),
        ("chroma", "screen.png", ()),
    ],
)
def test_each_method_cuts_both_boxes_out(boxes, tmp_path, method, photo, options):
    files = [boxes / one if one.endswith(".png") else one for one in options]
    code = run("matte", boxes / photo, "-o", tmp_path / "cut.png", "--method", method, *files)
    assert code == ExitCode.OK
    assert np.abs(read_alpha(tmp_path / "cut.png") - true_alpha(NEAR, FAR)).mean() < 0.01


def test_grabcut_takes_the_object_under_the_point(boxes, tmp_path):
    code = run("matte", boxes / "photo.png", "-o", tmp_path / "cut.png", "--method", "grabcut",
               *by_depth(boxes), "--subject", "340,200")  # fmt: skip
    assert code == ExitCode.OK
    assert np.abs(read_alpha(tmp_path / "cut.png") - true_alpha(FAR)).mean() < 0.01


def test_chroma_says_what_it_keyed_on_and_takes_spill_off(boxes, tmp_path, capsys):
    assert run("matte", boxes / "screen.png", "-o", tmp_path / "cut.png", "--method", "chroma",
               "--json") == ExitCode.OK  # fmt: skip
    assert "keyed on green, #2" in json.loads(capsys.readouterr().out)["notes"][0]
    picture, alpha = read_cutout(tmp_path / "cut.png")
    shown = picture.codes[alpha > 0].astype(int)
    assert (shown[:, 1] - shown[:, ::2].max(axis=1)).max() <= 0


def test_the_command_knows_the_methods_that_there_are():
    matte = ("matte", "photo.png", "-o", "cut.png", "--method")
    for method in get_args(Method):
        assert command_parser().parse_args([*matte, method]).method == method


@pytest.mark.parametrize(
    ("method", "needs"),
    [("depth", "--depth"), ("trimap", "--trimap"), ("difference", "--plate"),
     ("grabcut", "--depth")],
)  # fmt: skip
def test_a_method_without_its_input_says_what_it_needs(boxes, tmp_path, capsys, method, needs):
    code = run("matte", boxes / "photo.png", "-o", tmp_path / "cut.png", "--method", method)
    assert code == ExitCode.NOTHING_TO_CUT_BY
    assert needs in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


def test_chroma_without_a_screen_is_refused(boxes, tmp_path, capsys):
    code = run("matte", boxes / "photo.png", "-o", tmp_path / "cut.png", "--method", "chroma")
    assert code == ExitCode.NOTHING_TO_CUT_BY
    assert "border" in capsys.readouterr().err


def test_edge_tools_reach_the_matte(boxes, tmp_path):
    cut = ("matte", boxes / "photo.png", "--trimap", boxes / "trimap.png", "-o")
    assert run(*cut, tmp_path / "plain.png") == ExitCode.OK
    assert run(*cut, tmp_path / "wide.png", "--feather", 3, "--radius", 2, "--smart-radius") == 0
    assert run(*cut, tmp_path / "small.png", "--contract", "--contrast", 100) == ExitCode.OK
    plain, wide, small = (
        read_alpha(tmp_path / f"{name}.png") for name in ("plain", "wide", "small")
    )
    soft = (wide > 0) & (wide < 1)
    assert soft.sum() > 2 * ((plain > 0) & (plain < 1)).sum()
    assert set(np.unique(small)) == {0.0, 1.0}
    assert small.sum() < plain.sum()


def test_what_an_edge_tool_makes_opaque_shows_the_subject_not_the_mixture(tmp_path):
    alpha = np.zeros((60, 60), np.float32)
    alpha[:, 30:] = 1
    alpha[:, 28:32] = np.array([0.2, 0.4, 0.6, 0.8])
    light = over(np.full((60, 60, 3), 0.6, np.float32), alpha, np.zeros(3, np.float32))
    write_codes(tmp_path / "photo.png", SRGB.encode(light, 8))
    trimap = np.where(alpha == 1, 255, np.where(alpha == 0, 0, 128)).astype(np.uint8)
    write_codes(tmp_path / "trimap.png", trimap[..., None])
    code = run("matte", tmp_path / "photo.png", "--trimap", tmp_path / "trimap.png",
               "-o", tmp_path / "cut.png", "--contrast", 100)  # fmt: skip
    assert code == ExitCode.OK
    picture, cut = read_cutout(tmp_path / "cut.png")
    photograph = read_picture(tmp_path / "photo.png")
    hardened = (cut == 1) & (trimap == 128)
    assert hardened.any()
    assert picture.codes[hardened].min() > photograph.codes[hardened].min() + 10
    inside = trimap == 255
    np.testing.assert_array_equal(picture.codes[inside], photograph.codes[inside])


@pytest.mark.parametrize("option", [("--shift-edge", -101), ("--radius", 251), ("--contrast", -1)])
def test_an_edge_tool_out_of_range_is_refused(boxes, tmp_path, capsys, option):
    code = run("matte", boxes / "photo.png", "--trimap", boxes / "trimap.png",
               "-o", tmp_path / "cut.png", *option)  # fmt: skip
    assert code == ExitCode.SETTINGS
    assert str(option[1]) in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


# --- more evidence -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "boxes_found"),
    [
        (("--subject", "nearest"), [NEAR]),
        (("--subject", "all", "--plate-depth", "empty.npy"), [NEAR, FAR]),
        (("--subject", "all", "--plate", "plate.png"), [NEAR, FAR]),
    ],
)
def test_words_for_the_subject_and_the_empty_set(boxes, tmp_path, options, boxes_found):
    files = [boxes / one if "." in one else one for one in options]
    code = run("matte", boxes / "photo.png", "-o", tmp_path / "cut.png", *by_depth(boxes), *files)
    assert code == ExitCode.OK
    assert np.abs(read_alpha(tmp_path / "cut.png") - true_alpha(*boxes_found)).mean() < 0.01


def test_strokes_turn_a_wrong_region_around(boxes, tmp_path):
    (left, top, right, bottom), _, _ = FAR
    strokes = np.full(SIZE[::-1], 128, np.uint8)
    strokes[top + 20 : bottom - 20, left + 20 : right - 20] = 0
    strokes[30:50, 20:60] = 255
    write_codes(tmp_path / "strokes.png", strokes[..., None])
    code = run("matte", boxes / "photo.png", "-o", tmp_path / "cut.png", *by_depth(boxes),
               "--subject", "all", "--hints", tmp_path / "strokes.png")  # fmt: skip
    assert code == ExitCode.OK
    alpha = read_alpha(tmp_path / "cut.png")
    assert (alpha[strokes == 0] == 0).all()
    assert (alpha[strokes == 255] == 1).all()
    near = true_alpha(NEAR) == 1
    assert alpha[near].mean() > 0.98


def test_the_maps_say_what_decided_and_what_disagrees(boxes, tmp_path, capsys):
    strokes = np.full(SIZE[::-1], 128, np.uint8)
    strokes[180:200, 100:160] = 0  # against depth, in the middle of the near box
    write_codes(tmp_path / "strokes.png", strokes[..., None])
    code = run("matte", boxes / "photo.png", "-o", tmp_path / "cut.png", *by_depth(boxes),
               "--hints", tmp_path / "strokes.png", "--json", "--subject", "nearest",
               "--provenance", tmp_path / "who.png",
               "--disagreement", tmp_path / "split.png")  # fmt: skip
    assert code == ExitCode.OK
    decided = json.loads(capsys.readouterr().out)["decided_by"]
    assert decided["depth"] + decided["place"] > 0.8
    assert decided["hints"] == pytest.approx(20 * 60 / strokes.size, abs=1e-3)
    who = read_picture(tmp_path / "who.png").codes
    assert (who[strokes == 0] == PALETTE["hints"]).all()
    assert (who[110:160, 90:170] == PALETTE["depth"]).all()
    split = cv2.imread(str(tmp_path / "split.png"), cv2.IMREAD_UNCHANGED)
    assert (split[strokes == 0] > 0).all()
    assert not split[110:160, 90:170].any()


def test_maps_of_layers_are_told_to_show_the_nearest_alone(boxes, tmp_path, capsys):
    code = run("matte", boxes / "photo.png", "-o", tmp_path / "cut.psd", *by_depth(boxes),
               "--subject", "all", "--layers", "--provenance", tmp_path / "who.png")  # fmt: skip
    assert code == ExitCode.OK
    assert "nearest subject alone" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--hints", "small.png"), ExitCode.MISMATCH, "240 x 180"),
        (("--hints", "unmarked.png"), ExitCode.MISMATCH, "marks nothing"),
        (("--plate", "small.png"), ExitCode.MISMATCH, "240 x 180"),
        (("--plate-depth", "missing.npy"), ExitCode.INPUT_FILE, "missing.npy"),
        (("--provenance", "who.jpg"), ExitCode.OUTPUT, "who.jpg"),
        (("--subject", "5,5"), ExitCode.MISMATCH, "no object there"),
        (("--depth-scale", "-1"), ExitCode.MISMATCH, "above 0"),
    ],
)
def test_evidence_that_does_not_fit_is_refused(boxes, tmp_path, capsys, options, code, words):
    files = [boxes / one if one.endswith((".png", ".npy")) else one for one in options]
    cut = ("matte", boxes / "photo.png", "-o", tmp_path / "cut.png", *by_depth(boxes))
    assert run(*cut, *files) == code
    assert words in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    "option",
    [("--hair-guard", "inf"), ("--hair-guard", "-1"), ("--depth-scale", "metres"),
     ("--subject", "middle"), ("--subject", "nearest", "5,5")],
)  # fmt: skip
def test_an_option_that_cannot_be_understood_names_itself(boxes, capsys, option):
    with pytest.raises(SystemExit) as ended:
        run("matte", "photo.png", "-o", "cut.png", *option)
    assert ended.value.code == ExitCode.USAGE
    assert f"argument {option[0]}" in capsys.readouterr().err


def test_options_that_the_method_does_not_use_are_told(boxes, tmp_path, capsys):
    code = run("matte", boxes / "photo.png", "-o", tmp_path / "cut.png", "--trimap",
               boxes / "trimap.png", "--hair-guard", 3, "--screen", "green",
               "--provenance", tmp_path / "who.png")  # fmt: skip
    assert code == ExitCode.OK
    told = capsys.readouterr().err
    for option in ("--hair-guard", "--screen", "--provenance"):
        assert f"does not use {option}" in told
    assert not (tmp_path / "who.png").exists()


# --- layers --------------------------------------------------------------------------------------

POINTS = ("--subject", "340,200", "130,200")


def test_layers_come_apart_in_the_order_of_depth(boxes, tmp_path, capsys):
    options = (*by_depth(boxes), *POINTS, "--layers", "--json")
    code = run("matte", boxes / "photo.png", "-o", tmp_path / "cut.png", *options,
               "--alpha", tmp_path / "both.png")  # fmt: skip
    printed = json.loads(capsys.readouterr().out)
    assert code == ExitCode.OK
    assert [layer["path"] for layer in printed["layers"]] == [
        str(tmp_path / f"cut_{number}.png") for number in (1, 2)
    ]
    distances = [layer["distance_m"] for layer in printed["layers"]]
    assert distances == pytest.approx([1.2, 1.8], abs=0.01)
    for number, box in ((1, NEAR), (2, FAR)):
        alpha = read_alpha(tmp_path / f"cut_{number}.png")
        assert np.abs(alpha - true_alpha(box)).mean() < 0.01
    assert np.abs(read_alpha(tmp_path / "both.png") - true_alpha(NEAR, FAR)).mean() < 0.01

    assert run("matte", boxes / "photo.png", "-o", tmp_path / "cut.psd", *options) == ExitCode.OK
    document = PSDImage.open(tmp_path / "cut.psd")
    assert [layer.name for layer in document] == ["Backdrop", "Subject 2", "Subject 1"]
    assert document[-1].left < SIZE[0] / 2 < document[-2].left


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--subject", "340,200"), ExitCode.SETTINGS, "two subjects"),
        (("--subject", "340,200", "350,210"), ExitCode.MISMATCH, "names already"),
        ((*POINTS, "--on", "white"), ExitCode.SETTINGS, "--on"),
    ],
)
def test_layers_that_nothing_tells_apart_are_refused(boxes, tmp_path, capsys, options, code, words):
    assert code == run("matte", boxes / "photo.png", "-o", tmp_path / "cut.png", "--layers",
                       *by_depth(boxes), *options)  # fmt: skip
    assert words in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


# --- backdrops -----------------------------------------------------------------------------------


def test_on_a_colour_the_result_is_opaque_and_holds_both_sides_codes(boxes, tmp_path):
    code = run("matte", boxes / "photo.png", "--trimap", boxes / "trimap.png",
               "-o", tmp_path / "on.png", "--on", "#123456")  # fmt: skip
    assert code == ExitCode.OK
    result = read_picture(tmp_path / "on.png")
    trimap = cv2.imread(str(boxes / "trimap.png"), cv2.IMREAD_UNCHANGED)
    assert cv2.imread(str(tmp_path / "on.png"), cv2.IMREAD_UNCHANGED).shape[2] == 3
    assert (result.codes[trimap == 0] == (0x12, 0x34, 0x56)).all()
    photograph = read_picture(boxes / "photo.png")
    np.testing.assert_array_equal(result.codes[trimap == 255], photograph.codes[trimap == 255])


def test_composite_writes_what_it_says(boxes, tmp_path, capsys):
    run("matte", boxes / "photo.png", "--trimap", boxes / "trimap.png", "-o", tmp_path / "c.tif")
    capsys.readouterr()
    code = run("composite", tmp_path / "c.tif", "--on", "gradient", "-o", tmp_path / "on.jpg",
               "--light-wrap", 60, "--contact-sheet", tmp_path / "sheet.png", "--json")  # fmt: skip
    assert code == ExitCode.OK
    written = json.loads(capsys.readouterr().out)["written"]
    assert written == [str(tmp_path / "on.jpg"), str(tmp_path / "sheet.png")]
    on = SRGB.decode(read_picture(tmp_path / "on.jpg").codes)
    assert on[180, 240].mean() > 2 * on[3, 3].mean()
    assert read_picture(tmp_path / "sheet.png").width > 4 * 400


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ((), ExitCode.SETTINGS, "nothing to write"),
        (("--on", "white"), ExitCode.SETTINGS, "go together"),
        (("--on", "white", "-o", "o.png", "--light-wrap", "101"), ExitCode.SETTINGS, "101"),
        (("--on", "no-such-colour", "-o", "o.png"), ExitCode.SETTINGS, "no-such-colour"),
        (("--on", "white", "-o", "o.psd"), ExitCode.OUTPUT, "o.psd"),
        (("--contact-sheet", "s.gif"), ExitCode.OUTPUT, "s.gif"),
    ],
)
def test_a_composite_that_cannot_be_is_refused(
    boxes, tmp_path, capsys, monkeypatch, options, code, words
):
    run("matte", boxes / "photo.png", "--trimap", boxes / "trimap.png", "-o", tmp_path / "c.png")
    capsys.readouterr()
    monkeypatch.chdir(tmp_path)
    assert run("composite", "c.png", *options) == code
    assert words in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["c.png"]


def test_a_composite_wants_a_cutout(boxes, tmp_path, capsys):
    code = run("composite", boxes / "photo.png", "--on", "white", "-o", tmp_path / "o.png")
    assert code == ExitCode.INPUT_FILE
    assert "alpha" in capsys.readouterr().err
