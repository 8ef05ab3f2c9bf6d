"""The review by keys and mouse, on a session that was shot before; no camera is connected."""

import shutil

import numpy as np
import pytest
from shot_folder import make_session

from capture.ratings import rating_of
from capture.reopened_shots import marked_shots, reopened_shots
from capture.settings import load_profile
from capture.shot_maps import ShotMaps
from matting.cancelling import MattingCancelledError
from matting.edge_tools import EdgeTools
from matting.imaging.files import read_alpha, read_picture
from matting.matte import Matte
from tui.app import MatteboxApp
from tui.screens.export import ExportScreen
from tui.screens.retouch import RetouchScreen
from tui.screens.review import ReviewScreen
from tui.widgets.canvas import Canvas
from tui.widgets.filmstrip import Filmstrip

SIZE = (150, 44)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    make_session(folder, 3, cut_out=3)
    return folder


@pytest.fixture
def folder(made, tmp_path):
    shutil.copytree(made, tmp_path / "session")
    return tmp_path / "session"


@pytest.fixture
def app(folder):
    return MatteboxApp(None, folder, load_profile("portrait"))


async def until(pilot, condition, what):
    for _ in range(400):
        if condition():
            return
        await pilot.pause(0.02)
    raise AssertionError(f"never came: {what}")


async def reviewed(pilot, app):
    """Open the review and wait until the newest shot's pictures are there."""
    await until(pilot, lambda: app.shots, "the shots")
    app.action_review()
    await until(pilot, lambda: isinstance(app.screen, ReviewScreen), "the review")
    await until(pilot, lambda: app.screen._pictures is not None, "its pictures")
    await pilot.pause()


async def shown(pilot, app, number):
    await until(pilot, lambda: f"shot {number} of" in status(app), f"shot {number}")
    await until(pilot, lambda: app.screen._pictures is not None, "its pictures")


def words(app, selector):
    return str(app.screen.query_one(selector).render())


def status(app):
    return words(app, "#status")


def cells(app):
    return app.screen.query_one("#cells")._cells.copy()


async def test_the_shots_of_a_session_are_there_after_a_restart(app):
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot, app)
        assert "shot 3 of 3" in status(app)
        await until(
            pilot, lambda: "told of 3" in str(app.screen.query_one("#files").render()), "it"
        )
        await pilot.press("left")
        await shown(pilot, app, 2)
        assert "ISO 200" in words(app, "#facts")
        await pilot.press("home")
        await shown(pilot, app, 1)
        await pilot.press("left", "end", "right")
        await shown(pilot, app, 3)


async def test_each_view_looks_different_and_v_goes_through_them(app):
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot, app)
        seen = []
        for key in "pabwco":
            await pilot.press(key)
            await pilot.pause()
            seen.append(cells(app))
        assert len({picture.tobytes() for picture in seen}) == 6
        await pilot.press("v")
        await pilot.pause()
        assert (cells(app) == seen[0]).all()


async def test_zoom_and_pan_by_keys_and_mouse(app, folder):
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot, app)
        canvas = app.screen.query_one(Canvas)
        whole = canvas.look
        await pilot.press("p", "z")
        await pilot.pause()
        assert "100 %" in status(app)
        # A pixel of the screen is a pixel of the photograph.
        left, top, right, bottom = (round(side) for side in canvas.look.seen)
        codes = read_picture(folder / "0003_DSC.png").codes[top:bottom, left:right]
        rows, columns = canvas.size.height, canvas.size.width
        drawn = cells(app).transpose(0, 2, 1, 3).reshape(2 * rows, columns, 3)
        assert (codes == drawn).all()
        await pilot.press("l", "j")
        assert canvas.look.centre > (left + columns / 2, top + rows)
        await pilot.press("z")
        assert canvas.look == whole
        await pilot.press("plus")
        assert canvas.look.scale > whole.scale
        await pilot.press("minus")
        assert canvas.look == whole

        inside = (canvas.region.x + 20, canvas.region.y + 10)
        about = (20.5, 21.0)
        under = whole.to_picture(*about)
        for _ in range(7):
            await scroll(pilot, app, inside)
        assert canvas.look.scale > 1
        assert canvas.look.to_picture(*about) == pytest.approx(under)
        before = canvas.look.centre
        await drag(pilot, canvas, (20, 10), (30, 14))
        moved = [b - a for a, b in zip(canvas.look.centre, before, strict=True)]
        assert moved == pytest.approx([10 / canvas.look.scale, 8 / canvas.look.scale])


async def scroll(pilot, app, at):
    from textual.events import MouseScrollUp

    widget, _ = app.screen.get_widget_at(*at)
    event = MouseScrollUp(widget, 0, 0, 0, 0, 0, False, False, False, at[0], at[1])
    widget.post_message(event)
    await pilot.pause()


async def drag(pilot, widget, start, end):
    await pilot.mouse_down(widget, offset=start)
    await pilot.hover(widget, offset=end)
    await pilot.mouse_up(widget, offset=end)
    await pilot.pause()


async def test_keys_that_come_faster_than_pictures_do_no_harm(app):
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot, app)
        await pilot.press("left", "z", "left", "plus", "l", "s", "right", "z", "minus", "right")
        await pilot.press("s", "left")
        await shown(pilot, app, 2)
        await pilot.resize_terminal(120, 40)
        await pilot.press("left", "z")
        await shown(pilot, app, 1)


async def test_the_line_parts_photograph_and_cut_out_and_can_be_moved(app):
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot, app)
        await pilot.press("p")
        await pilot.pause()
        photo = cells(app)
        await pilot.press("w")
        await pilot.pause()
        white = cells(app)
        await pilot.press("s")
        await pilot.pause()
        both, canvas = cells(app), app.screen.query_one(Canvas)
        middle = canvas.size.width // 2
        assert (both[:, : middle - 1] == photo[:, : middle - 1]).all()
        assert (both[:, middle + 2 :] == white[:, middle + 2 :]).all()
        await pilot.press("left_square_bracket")
        assert canvas.split == pytest.approx(0.45)
        column = round(0.45 * canvas.size.width)
        await drag(pilot, canvas, (column, 5), (12, 5))
        assert canvas.split == pytest.approx(12.5 / canvas.size.width)
        await pilot.press("s")
        await pilot.pause()
        assert (cells(app) == white).all()


async def test_ratings_rejects_and_marks_are_kept(app, folder):
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot, app)
        await pilot.press("4")
        assert "★★★★·" in status(app)
        await until(pilot, lambda: rating_of(app.shots[2]) == 4, "the sidecar")
        await pilot.press("left", "x", "m")
        assert "rejected" in status(app)
        assert "reshoot" in status(app)
        await until(pilot, lambda: rating_of(app.shots[1]) == -1, "the reject")
        await until(pilot, lambda: marked_shots(folder) == {2}, "the mark")
        await pilot.press("x", "m")
        await until(pilot, lambda: rating_of(app.shots[1]) == 0, "no reject")
        await until(pilot, lambda: not marked_shots(folder), "no mark")
        (folder / "0001_DSC.xmp").write_text("not XMP")
        await pilot.press("home", "2")
        await until(
            pilot,
            lambda: "is not XML" in str(app.screen.query_one("#message").render()),
            "the fault",
        )


async def test_the_filmstrip_is_chosen_from_by_mouse_and_shows_what_is_known(app, folder):
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot, app)
        await pilot.press("home", "5")
        strip = app.screen.query_one(Filmstrip)
        await until(pilot, lambda: strip.thumbnails == 3, "the thumbnails")
        caption = strip.render_line(5).text
        assert "0001 ▲ ★★★★★" in caption
        await pilot.click(strip, offset=(40, 3))
        await shown(pilot, app, 3)


async def test_ten_thousand_shots_cost_as_much_as_those_in_sight(app, monkeypatch):
    made = []
    from tui.widgets import filmstrip

    real = filmstrip._cell
    monkeypatch.setattr(
        filmstrip, "_cell", lambda shot, ground: made.append(shot.shot_id) or real(shot, ground)
    )
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.shots, "the shots")
        import dataclasses

        app.shots *= 3334
        app.shots[:] = [
            dataclasses.replace(shot, shot_id=number) for number, shot in enumerate(app.shots, 1)
        ]
        await reviewed(pilot, app)
        strip = app.screen.query_one(Filmstrip)
        for _ in range(3):
            await pilot.press("pageup")
        await pilot.press("home")
        await until(pilot, lambda: strip.thumbnails and not strip._filling, "the thumbnails")
        assert strip.in_sight == range(9)
        assert len(made) <= 5 * 10
        assert set(range(1, 10)) <= set(made)
        assert strip.thumbnails <= 512


async def retouching(pilot, app):
    await reviewed(pilot, app)
    await pilot.press("w", "t")
    await until(pilot, lambda: isinstance(app.screen, RetouchScreen), "the retouching")
    await pilot.pause()
    return app.screen


async def tried(pilot, screen):
    await until(pilot, lambda: screen._trial is not None, "a trial")
    await pilot.pause()


async def test_a_stroke_is_tried_undone_and_applied_as_a_version_beside(app, folder):
    async with app.run_test(size=SIZE) as pilot:
        screen = await retouching(pilot, app)
        before = cells(app)
        kept = read_alpha(folder / "0003_DSC_alpha.png")
        await pilot.press("x")
        assert "remove" in status(app)
        middle = (screen.canvas.size.width // 2, screen.canvas.size.height // 2)
        await drag(pilot, screen.canvas, middle, (middle[0] + 3, middle[1]))
        await tried(pilot, screen)
        assert (cells(app) != before).any()
        await pilot.press("y")
        await pilot.pause()
        assert (cells(app) == before).all()
        await pilot.press("y", "u")
        await until(pilot, lambda: screen._trial is None, "no trial")
        await pilot.pause()
        assert (cells(app) == before).all()

        await drag(pilot, screen.canvas, middle, (middle[0] + 3, middle[1]))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen), "the review")
        newest = read_alpha(folder / "0003_DSC_alpha-1.png")
        assert kept[160, 242] == 1
        assert newest[160, 242] == 0
        assert (read_alpha(folder / "0003_DSC_alpha.png") == kept).all()
        await until(pilot, lambda: "version 2 of 2" in status(app), "the version")
        await until(pilot, lambda: app.screen._pictures is not None, "its pictures")
        await pilot.press("y")
        assert "version 1 of 2" in status(app)
    assert [path.name for path in reopened_shots(folder)[2].paths("cutout")] == [
        "0003_DSC_cutout.png",
        "0003_DSC_cutout-1.png",
    ]


async def test_sliders_by_keys_and_mouse_and_a_stroke_by_keys(app, folder):
    async with app.run_test(size=SIZE) as pilot:
        screen = await retouching(pilot, app)
        before = cells(app)
        panel = screen.panel
        await pilot.press("down", "down", "right", "right")
        assert panel.tools.feather_px == 1
        await pilot.click(panel, offset=(13 + 18, 4))
        assert panel.tools.contrast_percent == 100
        await tried(pilot, screen)
        assert (cells(app) != before).any()
        await pilot.press("n")
        assert panel.tools == EdgeTools()
        await until(pilot, lambda: screen._trial is None, "no trial")

        await pilot.press("tab", "x", "space", "right", "right", "space")
        (stroke,) = screen.retouch.strokes
        assert not stroke.keep
        assert stroke.points[-1][0] - stroke.points[0][0] == pytest.approx(2 * stroke.radius_px)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen), "the review")
    assert not (folder / "0003_DSC_cutout-1.png").exists()


async def test_applying_stops_when_asked_and_writes_nothing(app, folder, monkeypatch):
    import threading

    begun = threading.Event()

    def long(_picture, _alpha, _retouch, _progress, cancelled):
        begun.set()
        while not cancelled():
            threading.Event().wait(0.01)
        raise MattingCancelledError

    monkeypatch.setattr("tui.screens.retouch.retouched", long)
    async with app.run_test(size=SIZE) as pilot:
        screen = await retouching(pilot, app)
        await pilot.press("right", "enter")
        await until(pilot, begun.is_set, "the work")
        await pilot.press("escape")
        await until(pilot, lambda: "nothing was written" in words(app, "#message"), "the end")
        assert app.screen is screen
    assert not (folder / "0003_DSC_cutout-1.png").exists()


async def test_e_exports_what_was_asked_for(app, folder, tmp_path):
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot, app)
        await pilot.press("x", "e")
        await until(pilot, lambda: isinstance(app.screen, ExportScreen), "the questions")
        await pilot.pause()
        app.screen.query_one("#folder").value = str(tmp_path / "out")
        app.screen.query_one("#backdrop").value = "white"
        app.screen.query_one("#all").value = True
        await until(pilot, lambda: rating_of(app.shots[2]) == -1, "the reject")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "4 files written" in words(app, "#message"), "the export")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "0001_DSC_cutout.png",
        "0001_DSC_on_white.jpg",
        "0002_DSC_cutout.png",
        "0002_DSC_on_white.jpg",
    ]


async def test_the_list_of_what_is_marked_is_written(app, folder):
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot, app)
        await pilot.press("M")
        await until(pilot, lambda: "no shot is marked" in words(app, "#message"), "the hint")
        await pilot.press("m", "M")
        await until(pilot, lambda: "list written" in words(app, "#message"), "the list")
    assert "0003_DSC.png" in (folder / "reshoot" / "reshoot.html").read_text()


async def test_the_map_of_origins_comes_with_its_legend(app, monkeypatch):
    blue = (0, 114, 178)
    origin = np.full((8, 12, 3), blue, np.uint8)
    maps = ShotMaps({"origin": origin}, (("depth", blue, 1.0),))
    monkeypatch.setattr("tui.screens.review.shot_maps", lambda _shot, _photo: maps)
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot, app)
        assert not app.screen.query_one("#legend").display
        await pilot.press("i")
        await until(pilot, lambda: "100.0%" in words(app, "#legend"), "the legend")
        await pilot.pause()
        assert (cells(app)[20, 50] == blue).all()


async def test_a_shot_without_depth_says_that_it_has_no_map(app):
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot, app)
        await pilot.press("d")
        await until(pilot, lambda: "no depth" in words(app, "#message"), "why not")


async def test_shift_and_click_cuts_out_what_was_pointed_at(app, folder, monkeypatch):
    asked = []

    def left_half(_shot, photo, points, _guard):
        asked.append(points)
        alpha = np.zeros((photo.height, photo.width), np.float32)
        alpha[:, : photo.width // 2] = 1
        return Matte(alpha, photo.linear(), np.zeros(alpha.shape, np.uint8))

    monkeypatch.setattr("tui.screens.retouch.recut", left_half)
    async with app.run_test(size=SIZE) as pilot:
        screen = await retouching(pilot, app)
        await pilot.mouse_down(screen.canvas, offset=(20, 10), shift=True)
        await pilot.mouse_up(screen.canvas, offset=(20, 10), shift=True)
        await until(pilot, lambda: "around 1 point;" in words(app, "#message"), "the cut-out")
        assert asked[0][0] == pytest.approx(screen.canvas.look.to_picture(20.5, 21.0))
        assert screen.retouch.strokes == ()
        await pilot.press("tab", "full_stop")
        await until(pilot, lambda: len(asked) == 2, "the second point")
        await until(pilot, lambda: "around 2 points;" in words(app, "#message"), "the cut-out")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen), "the review")
    alpha = read_alpha(folder / "0003_DSC_alpha-1.png")
    assert (alpha[:, :240] == 1).all()
    assert (alpha[:, 240:] == 0).all()
