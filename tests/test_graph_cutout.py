"""The live graph in the solver's place and in live view: only where asked for, always named."""

import json
import threading

import cv2
import numpy as np
import pytest
from shot_folder import disc, photograph

from capture.live import LiveView
from capture.live_cutout import LOOPS, LiveCutout
from capture.live_subject import LiveSubject
from capture.rig import open_rig
from capture.rig_watch import RigAlignment
from capture.session import Session
from capture.settings import load_profile
from matting.imaging.files import read_alpha
from matting.live_matte import live_matte
from tui.cli import main

#: Live alpha may be so far from that of the loops.
TOLERANCE = 1e-4
ON_CPU = "live graph on CPU"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Draw a hairy disc at 2 m before a wall at 3.5 m: photograph, depth and a trimap."""
    made = tmp_path_factory.mktemp("graph")
    alpha = disc()
    cv2.imwrite(str(made / "photo.png"), photograph(alpha)[..., ::-1])
    small = cv2.resize(disc(0), (240, 160), interpolation=cv2.INTER_AREA) > 0.5
    depth_m = np.where(small, 2.0, 3.5) + np.random.default_rng(1).normal(0, 0.005, small.shape)
    np.save(made / "depth.npy", depth_m.astype(np.float32))
    trimap = np.where(alpha > 0.99, 255, np.where(alpha < 0.01, 0, 128)).astype(np.uint8)
    cv2.imwrite(str(made / "trimap.png"), trimap)
    return made


def matte(folder, target, *more, by=("--depth", "depth.npy")):
    option, name = by
    return main(
        [
            "matte", str(folder / "photo.png"), option, str(folder / name),
            "-o", str(target / "cut.png"), "--alpha", str(target / "alpha.png"), "--json", *more,
        ]
    )  # fmt: skip


def test_a_named_accelerator_makes_alpha_and_is_proven(folder, tmp_path, capsys) -> None:
    assert matte(folder, tmp_path, "--accelerator", "cpu") == 0
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert told["alpha_by"].startswith(ON_CPU)
    assert told["provider"] == "CPUExecutionProvider"
    nodes = sum(told["nodes_per_provider"].values())
    assert told["alpha_by"].endswith(f"{nodes} of {nodes} nodes")
    assert "not by the band solver" in said.err
    true = disc()
    hard = cv2.dilate(((true > 0) & (true < 1)).astype(np.uint8), np.ones((9, 9))) > 0
    assert ((read_alpha(tmp_path / "alpha.png") - true) ** 2)[hard].mean() < 0.02


@pytest.mark.parametrize("named", [(), ("--accelerator", "auto")])
def test_left_to_itself_the_band_solver_makes_it(folder, tmp_path, capsys, named) -> None:
    assert matte(folder, tmp_path, *named) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["alpha_by"] == "band solver"
    assert "provider" not in told


def test_a_trimap_is_the_solver_s_and_the_accelerator_s_idleness_is_told(
    folder, tmp_path, capsys
) -> None:
    plain, named = tmp_path / "plain", tmp_path / "named"
    for target, more in ((plain, ()), (named, ("--accelerator", "cpu"))):
        target.mkdir()
        assert matte(folder, target, *more, by=("--trimap", "trimap.png")) == 0
        said = capsys.readouterr()
        assert json.loads(said.out)["alpha_by"] == "band solver"
    assert "does not use --accelerator" in said.err
    assert (plain / "alpha.png").read_bytes() == (named / "alpha.png").read_bytes()


def test_hardware_that_is_not_there_ends_it_before_anything_is_written(
    folder, tmp_path, capsys
) -> None:
    assert matte(folder, tmp_path, "--accelerator", "npu") != 0
    assert "no NPU" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_check_tells_that_hardware_has_nothing_to_do(folder, capsys) -> None:
    main(["check", "--image", str(folder / "photo.png"), "--accelerator", "cpu"])
    assert "--accelerator is not used" in capsys.readouterr().err


# --- live -----------------------------------------------------------------------------------------


def frame():
    alpha = disc()
    subject = LiveSubject(cv2.resize(disc(0), (240, 160), interpolation=cv2.INTER_AREA), "depth")
    return photograph(alpha), subject


def test_the_live_cut_out_is_that_of_the_loops_and_says_where_it_was_made() -> None:
    rgb, subject = frame()
    cutout = LiveCutout("cpu", pytest.fail)
    assert cutout.matte_of(rgb, subject) is None, "it has not been warmed up"
    cutout.warm_up(rgb, subject)
    made = cutout.matte_of(rgb, subject)
    np.testing.assert_allclose(made.alpha, live_matte(rgb, subject.probability), atol=TOLERANCE)
    assert made.made_by.startswith(ON_CPU)
    assert LiveCutout(None, pytest.fail).matte_of(rgb, subject).made_by == LOOPS


def test_another_size_of_frame_is_warmed_up_for_itself() -> None:
    rgb, subject = frame()
    cutout = LiveCutout("cpu", pytest.fail)
    cutout.warm_up(rgb, subject)
    assert cutout.matte_of(rgb[:300], subject) is None


def test_an_accelerator_that_cannot_be_had_is_told_once_and_replaced_by_nothing() -> None:
    rgb, subject = frame()
    told = []
    cutout = LiveCutout("npu", told.append)
    for _ in range(3):
        cutout.warm_up(rgb, subject)
    assert cutout.matte_of(rgb, subject) is None
    assert ["no NPU" in error.fault for error in told] == [True]


def test_a_session_warms_up_away_from_the_measuring_thread_and_its_report_names_the_graph(
    studio, tmp_path, monkeypatch
) -> None:
    address = f"sim:product@{studio('product').port}"
    made, threads, reports, warm_up = threading.Event(), [], [], LiveCutout.warm_up

    def watched(self, rgb, subject):
        threads.append(threading.current_thread().name)
        warm_up(self, rgb, subject)

    def publish(report):
        if report.matte is not None:
            reports.append(report)
            made.set()

    monkeypatch.setattr(LiveCutout, "warm_up", watched)
    monkeypatch.setattr(LiveView, "rig_alignment", RigAlignment(knocked_per_mille=8.0))
    rig = open_rig(address, address)
    with Session(rig, tmp_path, load_profile("product-white"), accelerator="cpu") as session:
        session.start_live(publish, pytest.fail)
        session.show_matte(True)
        assert made.wait(60)
        shot = session.shoot()
    assert set(threads) == {"silhouette"}
    assert reports[0].matte.made_by.startswith(ON_CPU)
    assert json.loads(shot.path("report").read_text())["alpha_by"].startswith(ON_CPU)
    # What live view saw of a knock is told in the photograph's own pixels.
    assert [problem for problem in shot.problems if "24 px off" in problem]
