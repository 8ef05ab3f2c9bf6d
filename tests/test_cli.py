"""The command is a contract: its JSON, its exit codes, and what it says of bad input."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from devices.simulated.camera_body import ShotSettings
from devices.simulated.exposure import developed
from devices.simulated.rendering import Renderer, blurred, camera_rays
from devices.simulated.scenes import make_scene
from matting.imaging.files import read_alpha, read_cutout
from tui.cli import main
from tui.exit_codes import ExitCode

SIZE = (1200, 800)


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    """Render a product's photograph with depth, intrinsics and true alpha, as files."""
    folder = tmp_path_factory.mktemp("product")
    renderer = Renderer(make_scene("product"))
    scene, lens = renderer.scene, renderer.lens(*SIZE)
    sharp = renderer.layers(*SIZE, scene.lights, scene.ambient)
    layers = blurred(sharp, scene, 8.0, 1 / 125)
    settings = ShotSettings(100, 1 / 125, 8.0, *SIZE, 95, 1)
    rgb = developed(layers.picture(), settings, seed=1)
    Image.fromarray(rgb).save(folder / "jug.jpg", quality=95)
    Image.fromarray(rgb).save(folder / "jug.png")
    seen = renderer.geometry(camera_rays(lens), SIZE[::-1], np.zeros(3), np.eye(3))
    noise = np.random.default_rng(2).normal(0, 0.001, seen.depth_m.shape)
    np.save(folder / "depth.npy", (seen.depth_m + noise).astype(np.float32)[::2, ::2])
    np.save(folder / "true_alpha.npy", layers.alpha)
    small = lens.scaled_to(SIZE[0] // 2, SIZE[1] // 2)
    names = ("fx", "fy", "cx", "cy", "width", "height")
    (folder / "lens.json").write_text(json.dumps({name: getattr(small, name) for name in names}))
    trimap = np.full(SIZE[::-1], 128, np.uint8)
    trimap[layers.alpha > 0.999] = 255
    trimap[layers.alpha < 0.001] = 0
    Image.fromarray(trimap).save(folder / "trimap.png")
    return folder


def run(*arguments):
    return main([str(argument) for argument in arguments])


def said(capsys):
    return capsys.readouterr()


# --- the contract -------------------------------------------------------------------------------


def test_help_loads_nothing_heavy_and_names_every_exit_code():
    script = (
        "import sys\nfrom tui.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "heavy = {'numpy', 'cv2', 'numba', 'textual', 'gphoto2', 'depthai', 'open3d',"
        " 'onnxruntime', 'PIL'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    for command in ("demo", "devices", "check", "shoot", "matte", "evaluate"):
        assert command in ran.stdout
    codes = ran.stdout[ran.stdout.index("exit codes:") :]
    for code in ExitCode:
        assert code is ExitCode.INTERNAL or str(int(code)) in codes, code


def test_matte_by_depth_prints_the_contract_and_cuts_the_product_out(product, tmp_path, capsys):
    code = run(
        "matte", product / "jug.jpg", "-o", tmp_path / "cut.png", "--alpha", tmp_path / "a.png",
        "--depth", product / "depth.npy", "--intrinsics", product / "lens.json", "--json",
    )  # fmt: skip
    printed = json.loads(said(capsys).out)
    assert code == 0
    assert printed["cutout"] == str(tmp_path / "cut.png")
    assert printed["alpha"] == str(tmp_path / "a.png")
    assert {"alpha", "foreground"} <= printed["seconds"].keys()
    assert printed["peak_memory_bytes"] > 1e6
    truth = np.load(product / "true_alpha.npy")
    alpha = read_alpha(tmp_path / "a.png")
    both, either = np.minimum(alpha, truth).sum(), np.maximum(alpha, truth).sum()
    assert both / either > 0.98
    assert np.array_equal(read_cutout(tmp_path / "cut.png")[1], alpha)


def test_matte_by_a_point_takes_the_object_under_it(product, tmp_path, capsys):
    code = run(
        "matte", product / "jug.jpg", "-o", tmp_path / "cut.png",
        "--depth", product / "depth.npy", "--intrinsics", product / "lens.json",
        "--subject", "560,400",
    )  # fmt: skip
    assert code == 0
    assert read_cutout(tmp_path / "cut.png")[1][400, 560] == 1.0
    said(capsys)
    outside = run(
        "matte", product / "jug.jpg", "-o", tmp_path / "no.png",
        "--depth", product / "depth.npy", "--subject", "5000,400",
    )  # fmt: skip
    assert outside == ExitCode.MISMATCH
    assert "5000,400" in said(capsys).err


def test_the_cutout_has_the_pictures_bit_depth(product, tmp_path):
    sixteen = np.asarray(Image.open(product / "jug.png")).astype(np.uint16) * 257
    import cv2

    cv2.imwrite(str(tmp_path / "jug16.png"), sixteen[..., ::-1])
    for picture, depth in ((product / "jug.png", np.uint8), (tmp_path / "jug16.png", np.uint16)):
        for ending in ("png", "tif"):
            target = tmp_path / f"cut.{ending}"
            target.unlink(missing_ok=True)
            assert run("matte", picture, "-o", target, "--trimap", product / "trimap.png") == 0
            assert read_cutout(target)[0].codes.dtype == depth


def test_evaluate_names_its_protocol(product, tmp_path, capsys):
    truth = np.round(np.load(product / "true_alpha.npy") * 255).astype(np.uint8)
    Image.fromarray(truth).save(tmp_path / "truth.png")
    assert run("evaluate", tmp_path / "truth.png", tmp_path / "truth.png", "--json") == 0
    same = json.loads(said(capsys).out)
    assert same["sad"] == same["mse"] == 0.0
    assert {"grad", "conn", "protocol"} <= same.keys()
    off = np.clip(truth.astype(int) + 10, 0, 255).astype(np.uint8)
    Image.fromarray(off).save(tmp_path / "off.png")
    run("evaluate", tmp_path / "off.png", tmp_path / "truth.png", "--json")
    assert json.loads(said(capsys).out)["mse"] > 0


def test_check_of_a_photograph_says_ready_or_not(product, tmp_path, capsys):
    arguments = ("check", "--image", product / "jug.jpg", "--depth", product / "depth.npy",
                 "--intrinsics", product / "lens.json", "--json")  # fmt: skip
    code = run(*arguments, "--profile", "product-white")
    printed = json.loads(said(capsys).out)
    assert code == (0 if printed["ready"] else 3)
    keys = {
        "check",
        "level",
        "value",
        "unit",
        "wanted",
        "fix",
        "region",
        "shown",
        "reason",
        "source",
    }
    for finding in printed["findings"]:
        assert finding.keys() == keys
        assert finding["level"] in ("ok", "warn", "fail", "not measured")
    strict = tmp_path / "strict.toml"
    strict.write_text('[check.resolution]\nlow = 99999\nsource = "a test"\n')
    assert run(*arguments, "--profile", strict) == 3
    assert not json.loads(said(capsys).out)["ready"]


def test_shoot_prints_the_contract(studio, tmp_path, capsys):
    address = f"sim:product@{studio('product').port}"
    code = run("shoot", "--camera", address, "--depth", address, "--session", tmp_path,
               "--count", 2, "--profile", "product-white", "--json")  # fmt: skip
    shots = json.loads(said(capsys).out)["shots"]
    assert code == 0
    assert len(shots) == 2
    for shot in shots:
        assert {"path", "digest", "settings", "findings", "cutout"} <= shot.keys()
        assert os.path.getsize(shot["cutout"]) > 0
    assert [s["digest"] for s in shots] == [e.digest for e in studio("product").ledger()[-2:]]


def test_check_of_a_live_camera(studio, capsys):
    address = f"sim:portrait@{studio('portrait').port}"
    code = run("check", "--camera", address, "--depth", address, "--json")
    printed = json.loads(said(capsys).out)
    assert code in (0, 3)
    assert printed["ready"] == (code == 0)
    measured = {f["check"] for f in printed["findings"] if f["level"] != "not measured"}
    assert {"highlights", "separation", "background_distance", "iso", "shutter"} <= measured


# --- bad input ----------------------------------------------------------------------------------


def refused(capsys, code, *words):
    """Check the exit code that a command gave and what it said; nothing goes to stdout."""
    output = said(capsys)
    assert output.out == ""
    assert output.err.startswith("mattebox: ")
    assert "Traceback" not in output.err
    for word in words:
        assert str(word) in output.err
    return code


def test_no_camera(tmp_path, capsys):
    code = run("shoot", "--camera", "gphoto2:ptpip:127.0.0.1:9:9", "--session", tmp_path / "s")
    assert refused(capsys, code, "ptpip:127.0.0.1:9:9", "cable") == ExitCode.DEVICE_NOT_FOUND
    assert not (tmp_path / "s").exists()


def cut_downloads(of, times):
    of.set_fault("cut_at_byte", 100_000)
    of.set_fault("cuts", times)
    of.set_fault("cut", "close")


def test_a_camera_gone_in_mid_download(studio, tmp_path, capsys):
    of = studio("product")
    cut_downloads(of, 3)
    code = run("shoot", "--camera", f"sim:product@{of.port}", "--session", tmp_path, "--no-matte")
    output = said(capsys)
    assert code == ExitCode.DEVICE_LOST
    assert "still on the camera" in output.err
    assert [path.name for path in tmp_path.iterdir()] == ["session.sqlite"]


def test_a_transfer_that_breaks_once_is_made_good(studio, tmp_path, capsys):
    of = studio("product")
    cut_downloads(of, 1)
    assert run("shoot", "--camera", f"sim:product@{of.port}", "--session", tmp_path, "--no-matte",
               "--json") == ExitCode.OK  # fmt: skip
    output = said(capsys)
    assert "once more" in output.err
    assert json.loads(output.out)["shots"][0]["digest"] == of.ledger()[-1].digest


def test_ctrl_c_waits_for_the_shot_under_way(studio, tmp_path):
    of = studio("product")
    process = subprocess.Popen(
        [sys.executable, "-m", "tui.cli", "shoot", "--camera", f"sim:product@{of.port}",
         "--session", str(tmp_path), "--no-matte", "--count", "50", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    for words in process.stderr:
        if words.startswith("shutter"):
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED, err
    shots = json.loads(out)["shots"]
    assert 1 <= len(shots) < 50
    assert shots[-1]["digest"] == of.ledger()[-1].digest


def test_a_result_never_takes_an_inputs_place(product, tmp_path, capsys):
    photo = tmp_path / "photo.png"
    photo.write_bytes((product / "jug.png").read_bytes())
    trimap = ("--trimap", product / "trimap.png")
    code = run("matte", photo, "-o", photo, *trimap)
    assert refused(capsys, code, "photo.png", "replace") == ExitCode.OUTPUT
    code = run("matte", photo, "-o", tmp_path / "o.png", "--alpha", tmp_path / "o.png", *trimap)
    assert refused(capsys, code, "o.png", "replace") == ExitCode.OUTPUT
    code = run("matte", photo, "-o", tmp_path / "o.png", "--alpha", tmp_path / "no/a.png", *trimap)
    assert refused(capsys, code, "a.png", "folder") == ExitCode.OUTPUT
    assert photo.read_bytes() == (product / "jug.png").read_bytes()
    assert not (tmp_path / "o.png").exists()


def test_a_truncated_photograph(product, tmp_path, capsys):
    whole = (product / "jug.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    code = run("matte", tmp_path / "cut.jpg", "-o", tmp_path / "out.png",
               "--trimap", product / "trimap.png")  # fmt: skip
    assert refused(capsys, code, "cut.jpg", "cut short") == ExitCode.INPUT_FILE
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize(
    ("depth", "scale", "words"),
    [
        (np.full((100, 100), 1.5, np.float32), (), ("depth.npy", "fit")),
        (np.full((400, 600), 1500, np.uint16), (), ("depth.npy", "--depth-scale")),
        (np.full((400, 600), 1500.0, np.float32), (), ("depth.npy", "millimetres")),
        (np.full((400, 600), np.nan, np.float32), (), ("depth.npy", "no reading")),
        (np.full((400, 600), 1500, np.uint16), ("--depth-scale", "7"), ("another unit",)),
    ],
)
def test_a_depth_map_that_does_not_fit(product, tmp_path, capsys, depth, scale, words):
    np.save(tmp_path / "depth.npy", depth)
    code = run("matte", product / "jug.jpg", "-o", tmp_path / "out.png",
               "--depth", tmp_path / "depth.npy", *scale)  # fmt: skip
    assert refused(capsys, code, *words) == ExitCode.MISMATCH
    assert not (tmp_path / "out.png").exists()


def test_an_unknown_key_in_a_profile(product, tmp_path, capsys):
    (tmp_path / "mine.toml").write_text('[check.iso]\nhihg = 200\nsource = "me"\n')
    code = run("check", "--image", product / "jug.jpg", "--profile", tmp_path / "mine.toml")
    found = refused(capsys, code, "mine.toml", "check.iso.hihg", "did you mean 'high'")
    assert found == ExitCode.SETTINGS


def test_a_folder_that_cannot_be_written(product, studio, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    code = run("shoot", "--camera", f"sim:product@{studio('product').port}",
               "--session", tmp_path / "file" / "s")  # fmt: skip
    assert refused(capsys, code, "cannot be written", "--session") == ExitCode.OUTPUT
    code = run("matte", product / "jug.jpg", "-o", tmp_path / "nowhere" / "out.png",
               "--trimap", product / "trimap.png")  # fmt: skip
    assert refused(capsys, code, "nowhere") == ExitCode.OUTPUT


def test_nothing_that_says_what_the_subject_is(product, tmp_path, capsys):
    code = run("matte", product / "jug.jpg", "-o", tmp_path / "out.png")
    words = ("jug.jpg", "--trimap", "--depth", "--model")
    assert refused(capsys, code, *words) == ExitCode.NOTHING_TO_CUT_BY


def test_a_result_that_could_not_hold_alpha(product, tmp_path, capsys):
    code = run("matte", product / "jug.jpg", "-o", tmp_path / "out.jpg",
               "--trimap", product / "trimap.png")  # fmt: skip
    assert refused(capsys, code, "out.jpg", ".png") == ExitCode.OUTPUT


def test_an_uncalibrated_pair(tmp_path, capsys):
    code = run("shoot", "--camera", "gphoto2:", "--depth", "oak:", "--session", tmp_path / "s")
    assert refused(capsys, code, "--calibration") == ExitCode.MISMATCH


def test_the_app_wants_a_terminal(capsys):
    assert main([]) == ExitCode.USAGE
    assert "terminal" in said(capsys).err
