"""The report is one file that says everything and refers to nothing outside of itself."""

import base64
import math
import re
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from capture.findings import Finding
from capture.html_report import ReportedSetUp, report_html, write_report
from matting.imaging.errors import OutputError
from tui.cli import main

PICTURE = np.full((60, 90, 3), (200, 120, 40), np.uint8)
FINDINGS = (
    Finding("separation", "fail", 3.0, "ΔE2000", "at least 10 ΔE2000", "add <rim> light",
            (10, 20, 30, 15), "ΔE 3", "CIEDE2000 of the means", "photographs"),
    Finding("separation_stops", "warn", 0.1, "stops", "at least 0.5 stops", "more light",
            (10, 20, 30, 15), "0.1 stops"),
    Finding("iso", "ok", 100.0, "ISO", "at most 400 ISO", "", None, "100"),
    Finding("distance", "not measured", math.nan, "m", "at least 1 m", "no depth sensor"),
)  # fmt: skip


def report(**changes):
    return report_html(
        ReportedSetUp(
            **{"title": "a & b.jpg", "picture": PICTURE, "findings": FINDINGS, "profile": "x",
               "silhouette_source": "depth"} | changes
        )
    )  # fmt: skip


class Tags(HTMLParser):
    """Collects tags and what they refer to."""

    def __init__(self):
        super().__init__()
        self.references, self.tags = [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.references += [v for k, v in attributes if k in ("src", "href", "xlink:href")]


def test_it_refers_to_nothing_outside():
    tags = Tags()
    tags.feed(report())
    assert tags.references
    assert all(each.startswith("data:image/jpeg;base64,") for each in tags.references)
    assert not {"script", "link", "iframe"} & set(tags.tags)


def test_words_are_escaped():
    page = report()
    assert "a &amp; b.jpg" in page
    assert "add &lt;rim&gt; light" in page


def test_every_finding_stands_in_it_with_its_reason():
    page = report()
    for finding in FINDINGS:
        assert finding.check.replace("_", " ") in page
    assert "CIEDE2000 of the means" in page
    assert "NOT READY" in page
    assert "1 of 4 checks not measured" in page


def test_findings_of_one_place_share_their_mark():
    page = report()
    assert page.count("<rect") == 1
    assert "1, 2</text>" in page


def test_the_picture_in_it_is_the_picture():
    data = re.search(r"base64,([^']+)'", report())
    codes = cv2.imdecode(np.frombuffer(base64.b64decode(data[1]), np.uint8), cv2.IMREAD_COLOR)
    assert codes.shape == PICTURE.shape
    assert np.abs(codes[..., ::-1].astype(int) - PICTURE).max() < 8


def test_a_folder_that_is_not_there_is_told(tmp_path):
    set_up = ReportedSetUp("x", PICTURE, FINDINGS, "x", "none")
    with pytest.raises(OutputError):
        write_report(tmp_path / "no" / "report.html", set_up)


def test_check_writes_it(tmp_path, capsys):
    photo = tmp_path / "grey.png"
    cv2.imwrite(str(photo), np.full((200, 300, 3), 118, np.uint8))
    target = tmp_path / "report.html"
    main(["check", "--image", str(photo), "--report", str(target)])
    assert "not measured" in capsys.readouterr().out
    assert "grey.png" in target.read_text("utf-8")
