"""The set-up's report: one HTML file with its pictures in it, to be opened offline and kept."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from capture.findings import Finding, is_ready
from capture.forecasting.forecast import Forecast
from capture.forecasting.heat_map import BRIGHTEST, heat_picture
from matting.imaging.atomic import write_atomically

#: Pictures are embedded at no more than this width.
_WIDTH = 1280
#: A level in a sign and a word.
SIGNS = {"fail": "✖ fix", "warn": "▲ look", "not measured": "○ not measured", "ok": "● ok"}
#: What every report looks like, in light and in dark.
STYLE = """
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:80rem;padding:0 1rem;
background:#fff;color:#1a1f26}
h1{font-size:1.4rem;margin:0}p.sub{color:#59636e;margin:.2rem 0 1rem}
.verdict{display:inline-block;padding:.2rem .7rem;border-radius:.3rem;font-weight:700;color:#fff}
.ready{background:#1f7a3f}.not-ready{background:#b3261e}
figure{margin:1rem 0;position:relative}figure svg,figure img{display:block;width:100%;height:auto}
figcaption{color:#59636e;font-size:.9rem;margin-top:.3rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;
padding:.45rem .6rem;border-top:1px solid #d5dae0}
th{font-size:.8rem;color:#59636e;font-weight:600}
.fail td:first-child{color:#b3261e;font-weight:700}.warn td:first-child{color:#8a5a00;
font-weight:700}.ok td:first-child{color:#1f7a3f}details{color:#59636e;font-size:.9rem}
@media(prefers-color-scheme:dark){body{background:#0d1117;color:#d6dbe1}
th,td{border-color:#30363d}.fail td:first-child{color:#ff7b72}.warn td:first-child{color:#e3b341}
.ok td:first-child{color:#56d364}p.sub,figcaption,details,th{color:#8b949e}}
"""


@dataclass(frozen=True, slots=True, eq=False)
class ReportedSetUp:
    """What a report shows.

    Parameters
    ----------
    title : str
        The photograph's name, or the camera's.
    picture : (H, W, 3) uint8, sRGB
        Findings' regions are in its pixels.
    findings : sequence of Finding, worst first
    profile : str
    silhouette_source : str
        What the subject is known by.
    forecast : Forecast or None
    notes : sequence of str
        What else the person was told.
    """

    title: str
    picture: npt.NDArray[np.uint8]
    findings: Sequence[Finding]
    profile: str
    silhouette_source: str
    forecast: Forecast | None = None
    notes: Sequence[str] = ()


def write_report(target: Path, set_up: ReportedSetUp) -> None:
    """Write the report.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    write_atomically(target, [report_html(set_up).encode("utf-8")])


def report_html(set_up: ReportedSetUp) -> str:
    """Return the report as one HTML document that refers to nothing outside of itself."""
    ready = is_ready(tuple(set_up.findings))
    silent = sum(finding.level == "not measured" for finding in set_up.findings)
    verdict = f"<span class='verdict {'ready' if ready else 'not-ready'}'>"
    verdict += f"{'READY' if ready else 'NOT READY'}</span>"
    made = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
    known = "not known" if set_up.silhouette_source == "none" else set_up.silhouette_source
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width'>",
        f"<title>{as_text(set_up.title)} · Mattebox</title><style>{STYLE}</style>",
        f"<h1>{as_text(set_up.title)} {verdict}</h1>",
        f"<p class='sub'>{made} · profile {as_text(set_up.profile)} · "
        f"silhouette by {as_text(known)} · "
        f"{silent} of {len(set_up.findings)} checks not measured</p>",
        *(f"<p>{as_text(note)}</p>" for note in set_up.notes),
        _marked_picture(set_up),
        _table(set_up.findings),
    ]
    if set_up.forecast is not None:
        parts.append(_heat(set_up.forecast))
    return "\n".join([*parts, "</html>"])


def _marked_picture(set_up: ReportedSetUp) -> str:
    """Return the picture with the numbers of the findings at their places."""
    height, width = set_up.picture.shape[:2]
    stroke, size = max(1.0, width / 400), width / 50
    numbers: dict[tuple[int, int, int, int], list[int]] = {}
    for number, finding in enumerate(set_up.findings, 1):
        if finding.region is not None and finding.level in ("fail", "warn"):
            numbers.setdefault(finding.region, []).append(number)
    marks = []
    for (x, y, w, h), there in numbers.items():
        failed = any(set_up.findings[number - 1].level == "fail" for number in there)
        colour = "#ff3b30" if failed else "#ffb300"
        marks.append(
            f"<rect x='{x}' y='{y}' width='{w}' height='{h}' fill='none' stroke='{colour}' "
            f"stroke-width='{stroke:.1f}'/><text x='{x}' y='{max(size, y - stroke):.0f}' "
            f"fill='{colour}' stroke='#000' stroke-width='{stroke / 4:.2f}' "
            f"paint-order='stroke' font-size='{size:.0f}' font-weight='700' "
            f"font-family='sans-serif'>{', '.join(map(str, there))}</text>"
        )
    return (
        f"<figure><svg viewBox='0 0 {width} {height}' role='img' "
        f"aria-label='the picture with the places of the findings'>"
        f"<image href='{embedded(set_up.picture)}' width='{width}' height='{height}'/>"
        f"{''.join(marks)}</svg></figure>"
    )


def _table(findings: Sequence[Finding]) -> str:
    rows = ["<table><tr><th>#<th>check<th>measured<th>wanted<th>what to do</tr>"]
    for number, finding in enumerate(findings, 1):
        name = finding.check.replace("_", " ")
        why = [part for part in (finding.reason, finding.source) if part]
        reason = "".join(f"<div>{as_text(part)}</div>" for part in why)
        reason = f"<details><summary>why</summary>{reason}</details>" if reason else ""
        rows.append(
            f"<tr class='{finding.level.replace(' ', '-')}'><td>{number} {SIGNS[finding.level]}"
            f"<td>{as_text(name)}<td>{as_text(finding.shown)}<td>{as_text(finding.wanted)}"
            f"<td>{as_text(finding.fix)}{reason}</tr>"
        )
    return "\n".join([*rows, "</table>"])


def _heat(forecast: Forecast) -> str:
    return (
        f"<figure><img alt='the forecast error along the edge' "
        f"src='{embedded(heat_picture(forecast))}'>"
        f"<figcaption>Forecast of the cut-out's edge: off by {forecast.error:.1f} thousandths of "
        f"the width on average, worst at the {as_text(forecast.worst().place)} "
        f"({forecast.worst().error:.1f}). Dark blue 0, yellow {BRIGHTEST:g} and more."
        "</figcaption></figure>"
    )


def embedded(picture: npt.NDArray[np.uint8]) -> str:
    """Return a picture as a JPEG data address."""
    import cv2

    width = min(_WIDTH, picture.shape[1])
    size = (width, max(1, round(picture.shape[0] * width / picture.shape[1])))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    ok, data = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
    if not ok:
        raise RuntimeError("OpenCV could not encode a picture for the report")
    return "data:image/jpeg;base64," + base64.b64encode(bytes(data)).decode("ascii")


def as_text(words: str) -> str:
    """Return words as they stand in HTML."""
    return html.escape(words, quote=True)
