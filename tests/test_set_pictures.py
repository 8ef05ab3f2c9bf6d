"""A new background behind the live cut-out, and a layout that shines through."""

from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from textual.widgets import Input

from capture.set_pictures import SetPictures, read_set_pictures
from matting.imaging.errors import InputFileError
from matting.live_matte import over_backdrop
from tests.test_app import until, words
from tests.test_screens import report, shown, still_app  # noqa: F401
from tui.live_marks import MARKS, Aids
from tui.live_picture import Look, drawn
from tui.live_views import NEW_BACKGROUND, cut_out_before
from tui.screens.set_pictures import SetPicturesScreen

RED, GREEN, BLUE = (200, 30, 40), (30, 190, 60), (40, 50, 210)


def stripes(width, height):
    """Return a picture of a red, a green and a blue third, side by side."""
    colours = np.array([RED, GREEN, BLUE], np.uint8)
    return np.repeat(np.repeat(colours[None], height, 0), width // 3, axis=1)


@pytest.fixture
def with_matte(report):  # noqa: F811
    """Return the report with a matte that is 1 in the left half."""
    alpha = np.zeros((200, 300), np.float32)
    alpha[:, :150] = 1.0
    return replace(report, matte=SimpleNamespace(alpha=alpha, source="depth"))


def test_a_file_with_alpha_keeps_it_and_one_without_is_opaque(tmp_path):
    half = np.dstack([stripes(30, 20), np.full((20, 30), 128, np.uint8)])
    cv2.imwrite(str(tmp_path / "half.png"), half[..., [2, 1, 0, 3]])
    cv2.imwrite(str(tmp_path / "plain.png"), stripes(30, 20)[..., ::-1])
    found = read_set_pictures(tmp_path / "plain.png", tmp_path / "half.png")
    assert (found.background == stripes(30, 20)).all()
    assert (found.layout == half).all()
    assert (read_set_pictures(None, tmp_path / "plain.png").layout[..., 3] == 255).all()
    assert read_set_pictures(None, None).layout is None


def test_a_file_that_is_no_picture_is_refused(tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(InputFileError, match=r"text\.png"):
        read_set_pictures(tmp_path / "text.png", None)
    with pytest.raises(InputFileError):
        read_set_pictures(None, tmp_path / "none.png")


def test_a_picture_of_one_colour_is_as_that_colour(report):  # noqa: F811
    rgb = report.frame.rgb
    alpha = np.linspace(0, 1, rgb.shape[1], dtype=np.float32)[None].repeat(len(rgb), 0)
    plain = np.broadcast_to(np.uint8(GREEN), rgb.shape)
    assert (over_backdrop(rgb, alpha, plain) == over_backdrop(rgb, alpha, GREEN)).all()


def test_the_subject_stands_before_the_middle_of_the_background(with_matte):
    wide = stripes(1800, 200)  # six times as wide as the frame is for its height
    seen = cut_out_before(with_matte, 300, wide)
    assert seen.shape == (200, 300, 3)
    assert np.abs(seen[:, :140].astype(int) - with_matte.frame.rgb[:, :140]).max() <= 1
    assert (seen[:, 160:] == GREEN).all()
    tall = np.transpose(stripes(900, 300), (1, 0, 2))
    assert (cut_out_before(with_matte, 300, tall)[:, 160:] == GREEN).all()


def test_until_there_is_a_matte_the_background_is_seen_alone(report):  # noqa: F811
    assert (cut_out_before(report, 300, stripes(300, 200)) == stripes(300, 200)).all()


def test_the_layout_shines_through_where_it_is_not_transparent(report):  # noqa: F811
    layout = np.dstack([stripes(300, 200), np.full((200, 300), 255, np.uint8)])
    layout[:100, :, 3] = 0
    picture = report.frame.rgb
    marked = MARKS["layout"](picture.copy(), report, Aids(pictures=SetPictures(layout=layout)))
    assert (marked[:100] == picture[:100]).all()
    expected = picture[100:] + 0.4 * (layout[100:, :, :3].astype(float) - picture[100:])
    assert np.abs(marked[100:] - expected).max() <= 0.51


def test_a_layout_of_another_form_is_fitted_into_the_middle(report):  # noqa: F811
    square = np.full((50, 50, 4), 255, np.uint8)
    picture = report.frame.rgb
    marked = MARKS["layout"](picture.copy(), report, Aids(pictures=SetPictures(layout=square)))
    assert (marked[:, :50] == picture[:, :50]).all()
    assert (marked[:, 250:] == picture[:, 250:]).all()
    assert (marked[:, 50:250] != picture[:, 50:250]).all()


def test_the_layout_lies_on_the_cut_out_too_and_the_outline_does_not(with_matte):
    layout = np.full((200, 300, 4), 255, np.uint8)
    aids = Aids(pictures=SetPictures(stripes(300, 200), layout))
    look = Look(NEW_BACKGROUND, frozenset({"silhouette"}))
    alone = drawn(with_matte, look, 300, aids)
    assert (alone == cut_out_before(with_matte, 300, stripes(300, 200))).all()
    assert drawn(with_matte, look.with_mark("layout"), 300, aids).mean() > alone.mean()


async def test_both_are_chosen_by_key_and_looked_at(still_app, shown, tmp_path):  # noqa: F811
    cv2.imwrite(str(tmp_path / "beach.png"), stripes(300, 200))
    wanted = []
    async with still_app.run_test(size=(120, 40)) as pilot:
        await shown(pilot)
        still_app.show_matte = wanted.append
        await pilot.press("L")
        assert "B chooses one" in words(still_app, "#message")
        await pilot.press("m", "m", "m", "m", "m")
        assert still_app._live.look.view == "picture"
        await pilot.press("B")
        assert isinstance(still_app.screen, SetPicturesScreen)
        still_app.screen.query_one("#background", Input).value = str(tmp_path / "beach.png")
        still_app.screen.query_one("#layout", Input).value = str(tmp_path / "beach.png")
        await pilot.click("#go")
        live = still_app._live
        await until(pilot, lambda: live.look.view == NEW_BACKGROUND, "the background")
        assert "layout" in live.look.marks
        assert wanted[-1] is True
        await pilot.press("L")
        assert "layout" not in live.look.marks
        await pilot.press("m", "m", "m", "m", "m", "m")
        assert live.look.view == NEW_BACKGROUND
        await pilot.press("B")
        still_app.screen.query_one("#background", Input).value = ""
        await pilot.press("enter")
        await until(pilot, lambda: live.look.view == "picture", "the picture again")


async def test_a_file_that_cannot_be_read_is_told_and_nothing_changes(
    still_app,  # noqa: F811
    shown,  # noqa: F811
    tmp_path,
):
    async with still_app.run_test(size=(120, 40)) as pilot:
        await shown(pilot)
        before = still_app._live.look
        await pilot.press("B")
        still_app.screen.query_one("#background", Input).value = str(tmp_path / "none.png")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "none.png" in words(still_app, "#message"), "the fault")
        assert still_app._live.look == before
