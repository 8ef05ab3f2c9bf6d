"""Ratings in XMP sidecars: others' work in the same files stays to the byte."""

import dataclasses
import os
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shot_folder import make_session

from capture.journal import FileRow, Journal
from capture.ratings import rate, rating_of, sidecars
from capture.recovery import unknown_files
from capture.xmp_rating import new_sidecar, rating_in, with_rating
from matting.imaging.errors import InputFileError

XMP = "{http://ns.adobe.com/xap/1.0/}Rating"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
HEAD = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="' + RDF[1:-1] + '">'
TAIL = "</rdf:RDF></x:xmpmeta>"
NS = 'xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
#: As darktable, Lightroom, Capture One and exiftool write them, in short.
FOREIGN = {
    "attribute": f'<rdf:Description rdf:about="" {NS}\n  xmp:Rating="{{}}" xmp:Label="a > b">'
    "<dc:subject xmlns:dc='http://purl.org/dc/elements/1.1/'>ö</dc:subject></rdf:Description>",
    "element": f'<rdf:Description rdf:about="" {NS}><!-- kept -->'
    "<xmp:Rating>{}</xmp:Rating><xmp:Label>Red</xmp:Label></rdf:Description>",
    "other prefix": "<rdf:Description xmlns:xap=\"http://ns.adobe.com/xap/1.0/\" xap:Rating='{}'/>",
    "in a value": f"<rdf:Description {NS} xmp:Nickname=' xmp:Rating=\"9\"' xmp:Rating='{{}}'/>",
    "second description": '<rdf:Description rdf:about=""/>'
    f'<rdf:Description {NS} xmp:Rating = "{{}}"/>',
}
WITHOUT = {
    "nothing": '<rdf:Description rdf:about=""/>',
    "declared": f'<rdf:Description rdf:about="" {NS} xmp:Label="Red"></rdf:Description>',
    "prefix taken": '<rdf:Description xmlns:xmp="urn:other" xmp:Rating="9"/>',
    "nested": f'<rdf:Description><a:of xmlns:a="urn:a" {NS} rdf:parseType="Resource">'
    "<xmp:Rating>4</xmp:Rating></a:of></rdf:Description>",
}


def read(data):
    """Return the rating as an XML reader of its own finds it."""
    for description in ET.fromstring(data.decode()).iter(RDF + "Description"):
        if XMP in description.attrib:
            return int(description.attrib[XMP])
        if (found := description.find(XMP)) is not None:
            return int(found.text)
    return None


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_session(tmp_path_factory.mktemp("session"), 1, cut_out=0)


@pytest.fixture
def shot(made, tmp_path):
    """Return a shot of a RAW and a JPEG, of which only the names matter."""
    named = {"photo": "0001_A.JPG", "raw": "0001_A.NEF", "cutout": "0001_A_cutout.png"}
    rows = [FileRow(1, role, name, None, 1, "", None) for role, name in named.items()]
    return dataclasses.replace(made[0], folder=tmp_path, photo=rows[0], files=tuple(rows))


@pytest.mark.parametrize("rating", range(-1, 6))
def test_a_rating_is_written_where_each_program_looks_and_read_back(shot, tmp_path, rating):
    assert rating_of(shot) == 0
    rate(shot, rating)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"0001_A.xmp", "0001_A.JPG.xmp", "0001_A.NEF.xmp"}
    assert {read(path.read_bytes()) for path in tmp_path.iterdir()} == {rating}
    assert rating_of(shot) == rating


@pytest.mark.parametrize("form", FOREIGN)
@given(st.integers(-1, 5), st.integers(-1, 5))
def test_only_the_value_changes_in_a_foreign_sidecar(form, before, after):
    text = "\ufeff" + HEAD + FOREIGN[form] + TAIL
    old = text.format(before).encode()
    assert rating_in("x.xmp", old) == before
    new = with_rating("x.xmp", old, after)
    assert new == text.format(after).encode()


@pytest.mark.parametrize("form", WITHOUT)
def test_a_first_rating_joins_what_is_there(form):
    old = (HEAD + WITHOUT[form] + TAIL).encode()
    assert rating_in("x.xmp", old) is None
    new = with_rating("x.xmp", old, 3)
    assert read(new) == 3
    assert rating_in("x.xmp", new) == 3
    inserted = len(new) - len(old)
    assert any(new[:at] + new[at + inserted :] == old for at in range(len(old)))
    assert with_rating("x.xmp", with_rating("x.xmp", new, -1), 3) == new


def test_the_newest_sidecar_counts(shot):
    rate(shot, 2)
    foreign = next(path for path in sidecars(shot) if path.name == "0001_A.NEF.xmp")
    foreign.write_bytes(with_rating(foreign, foreign.read_bytes(), 5))
    later = foreign.stat().st_mtime_ns + 10**9
    os.utime(foreign, ns=(later, later))
    assert rating_of(shot) == 5


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"<x:xmpmeta",
        b"rating: 3",
        new_sidecar(3).decode().encode("utf-16"),
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>",
        (HEAD + TAIL).encode(),
    ],
)
def test_a_sidecar_that_is_not_understood_is_left_and_nothing_is_written(shot, tmp_path, broken):
    (tmp_path / "0001_A.NEF.xmp").write_bytes(broken)
    with pytest.raises(InputFileError, match=r"0001_A\.NEF\.xmp"):
        rate(shot, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["0001_A.NEF.xmp"]
    assert (tmp_path / "0001_A.NEF.xmp").read_bytes() == broken


def test_sidecars_are_no_unknown_files_of_a_session(made):
    shot = made[0]
    rate(shot, 4)
    journal = Journal(shot.folder)
    try:
        assert unknown_files(journal, shot.folder) == []
    finally:
        journal.close()
