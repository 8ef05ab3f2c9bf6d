"""What is to be taken again, as one HTML file with its pictures in it that a client can look at."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from capture.counted import counted
from capture.disk import free_path
from capture.ratings import rating_of
from capture.review import ShotPictures, shot_pictures
from capture.shot import Shot
from matting.composite import worst_edges
from matting.imaging.atomic import write_atomically
from matting.imaging.errors import OutputError

Rgb8 = npt.NDArray[np.uint8]

#: The folder within the session's, and the file.
FOLDER, NAME = "reshoot", "reshoot.html"
#: The whole is shown this wide, and the worst place at 100 %.
_WHOLE_PX, _CROP_PX = 900, (420, 320)
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:2.5rem auto;max-width:75rem;padding:0 1.5rem;
background:#fff;color:#1a1f26}h1{font-size:1.5rem;margin:0}p.sub{color:#59636e;margin:.2rem 0 2rem}
section{border-top:1px solid #d5dae0;padding:1.5rem 0}h2{font-size:1.1rem;margin:0 0 .8rem}
h2 small{color:#59636e;font-weight:400}.row{display:flex;gap:1rem;flex-wrap:wrap}
figure{margin:0}figure img{display:block;max-width:100%;height:auto;border-radius:.25rem}
figure.whole{flex:2 1 30rem}figure.crop{flex:1 1 18rem}
figcaption{color:#59636e;font-size:.85rem;margin-top:.3rem}li{margin:.2rem 0}
@media(prefers-color-scheme:dark){body{background:#0d1117;color:#d6dbe1}
section{border-color:#30363d}p.sub,figcaption,h2 small{color:#8b949e}}
@media print{section{break-inside:avoid}}
"""


@dataclass(frozen=True, slots=True)
class WorstPlace:
    """Where a shot is worst, and by what that is known."""

    left: int
    top: int
    width: int
    height: int
    why: str


def write_reshoot_list(
    folder: Path,
    shots: Sequence[Shot],
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Path:
    """Write the list into the session's folder and return where; an earlier one stays.

    Parameters
    ----------
    folder : Path
        The session folder.
    shots : sequence of Shot
        That are to be taken again.
    progress : callable
        Told how many are done, and of how many.

    Raises
    ------
    MatteboxError
        When a shot's files cannot be read, or the list cannot be written.
    """
    sections = []
    for done, shot in enumerate(shots):
        progress(done, len(shots))
        sections.append(_section(shot))
    progress(len(shots), len(shots))
    made = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    count = counted(len(shots), "shot")
    page = [
        "<!doctype html><html lang='en'><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width'>",
        f"<title>To be taken again · {_text(folder.name)}</title><style>{_STYLE}</style>",
        "<h1>To be taken again</h1>",
        f"<p class='sub'>{_text(folder.name)} · {count} · {made}</p>",
        *sections,
        "</html>",
    ]
    target_folder = folder / FOLDER
    try:
        target_folder.mkdir(exist_ok=True)
    except OSError as exc:
        raise OutputError(
            target_folder, f"cannot be made ({exc.strerror})", "make the folder writable"
        ) from exc
    target = free_path(target_folder, NAME)
    write_atomically(target, ["\n".join(page).encode("utf-8")])
    return target


def worst_place(shot: Shot, pictures: ShotPictures) -> WorstPlace:
    """Return the place of the worst finding that has one, else where the matte is least decided."""
    width, height = (min(side, most) for side, most in zip(pictures.size, _CROP_PX, strict=True))
    for finding in shot.findings:
        if finding.region is not None and finding.level in ("fail", "warn"):
            x, y, w, h = finding.region
            left = min(max(0, x + w // 2 - width // 2), pictures.size[0] - width)
            top = min(max(0, y + h // 2 - height // 2), pictures.size[1] - height)
            return WorstPlace(left, top, width, height, finding.check.replace("_", " "))
    if pictures.cutout is not None:
        for top, left in worst_edges(pictures.cutout.alphas[0], 1, (height, width)):
            return WorstPlace(left, top, width, height, "the least decided edge")
    left, top = (pictures.size[0] - width) // 2, (pictures.size[1] - height) // 2
    return WorstPlace(left, top, width, height, "the middle")


def _section(shot: Shot) -> str:
    """Return what is shown of one shot: the whole, its worst place, and what to mend."""
    pictures = shot_pictures(shot.folder / shot.photo.path, shot.path("cutout"))
    place = worst_place(shot, pictures)
    box = (place.left, place.top, place.left + place.width, place.top + place.height)
    wide = min(_WHOLE_PX, pictures.size[0])
    size = (wide, max(1, round(wide * pictures.size[1] / pictures.size[0])))
    whole = pictures.drawn("photo", (0, 0, *pictures.size), size).copy()
    _mark(whole, box, wide / pictures.size[0])
    views = [("photo", "photograph"), ("white", "cut-out on white")]
    crops = [
        _figure(
            pictures.drawn(view, box, (place.width, place.height)),
            f"{words}, 100 %: {_text(place.why)}",
            "crop",
        )
        for view, words in views
        if pictures.shows(view) == view
    ]
    wrong = [f for f in shot.findings if f.level in ("fail", "warn")]
    lines = [f"<li>{_text(f.check.replace('_', ' '))}: {_text(f.fix)}</li>" for f in wrong]
    lines += [f"<li>{_text(problem)}</li>" for problem in shot.problems]
    rating = rating_of(shot)
    stars = "rejected" if rating < 0 else "★" * rating
    return "\n".join(
        [
            f"<section><h2>{_text(shot.photo.path)} <small>{stars}</small></h2><div class='row'>",
            _figure(whole, "the shot, with its worst place", "whole"),
            *crops,
            f"</div><ul>{''.join(lines)}</ul></section>",
        ]
    )


def _mark(picture: Rgb8, box: tuple[int, int, int, int], scale: float) -> None:
    import cv2

    left, top, right, bottom = (round(side * scale) for side in box)
    cv2.rectangle(picture, (left, top), (right - 1, bottom - 1), (255, 59, 48), 2)


def _figure(picture: Rgb8, caption: str, kind: str) -> str:
    import cv2

    ok, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
    if not ok:
        raise RuntimeError("OpenCV could not encode a picture for the list")
    address = "data:image/jpeg;base64," + base64.b64encode(bytes(data)).decode("ascii")
    return (
        f"<figure class='{kind}'><img alt='{caption}' src='{address}'>"
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _text(words: str) -> str:
    return html.escape(words, quote=True)
