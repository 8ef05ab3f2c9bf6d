"""The rating in an XMP sidecar, read, and changed without touching another byte of it.

``xmp:Rating`` is -1 (rejected) or 0 (unrated) to 5, an attribute of ``rdf:Description`` or an
element in it (ISO 16684-1:2019, XMP basic name space). Other programs keep their own work in the
same file, so it is never written anew: the value alone is exchanged at its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from matting.imaging.errors import InputFileError

REJECTED, UNRATED, MOST = -1, 0, 5

_XMP = "http://ns.adobe.com/xap/1.0/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_NEW = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="{_RDF}">
  <rdf:Description rdf:about="" xmlns:xmp="{_XMP}" xmp:Rating="{{rating}}"/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
"""
#: A tag, in which a quoted value may hold ">".
_TAG = re.compile(rb"""<[^"'>]*(?:"[^"]*"[^"'>]*|'[^']*'[^"'>]*)*>""")
_ATTRIBUTE = re.compile(rb"""\s([^\s=/>]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_NAME = re.compile(rb"<[^\s/>]+")


def new_sidecar(rating: int) -> bytes:
    """Return a sidecar that holds a rating and nothing else."""
    return _NEW.format(rating=rating).encode("utf-8")


def rating_in(source: Path, data: bytes) -> int | None:
    """Return the rating that a sidecar holds, -1 to 5; None when it holds none.

    Raises
    ------
    InputFileError
        When it is not XML of the kind that XMP is written in.
    """
    for found in _look(source, data).ratings:
        try:
            return max(REJECTED, min(MOST, int(float(found.value))))
        except ValueError:
            continue
    return None


def with_rating(source: Path, data: bytes, rating: int) -> bytes:
    """Return a sidecar's bytes with another rating in them, all else as it was.

    Raises
    ------
    InputFileError
        When it is not XML of the kind that XMP is written in, or has no place for a property.
    """
    look = _look(source, data)
    value = str(rating).encode("ascii")
    if look.ratings:
        for found in reversed(look.ratings):
            data = data[: found.start] + value + data[found.end :]
        return data
    if look.description is None:
        raise _unfit(source, "describes nothing (no rdf:Description)")
    at, prefix, declared = look.description
    declaration = b"" if declared else f' xmlns:{prefix}="{_XMP}"'.encode()
    return data[:at] + declaration + f' {prefix}:Rating="'.encode() + value + b'"' + data[at:]


@dataclass(frozen=True, slots=True)
class _Rating:
    """A rating and the bytes between which it stands."""

    value: str
    start: int
    end: int


@dataclass(slots=True)
class _Look:
    """What was found: ratings, and where a first one could be put, with which prefix."""

    ratings: list[_Rating] = field(default_factory=list)
    description: tuple[int, str, bool] | None = None


def _look(source: Path, data: bytes) -> _Look:
    """Parse a sidecar and note the places of what matters."""
    if b"\0" in data:
        raise _unfit(source, "is not UTF-8")
    look = _Look()
    parser = expat.ParserCreate()
    scopes: list[dict[str, str]] = [{}]
    path: list[tuple[str, str]] = []

    def resolved(name: str, default: str) -> tuple[str, str]:
        prefix, colon, local = name.rpartition(":")
        return (scopes[-1].get(prefix, ""), local) if colon else (default, local)

    def refuse(*_: object) -> None:
        raise _unfit(source, "has a document type, which XMP never has")

    def start(name: str, attributes: dict[str, str]) -> None:
        declared = {
            key.partition(":")[2]: value
            for key, value in attributes.items()
            if key == "xmlns" or key.startswith("xmlns:")
        }
        scopes.append({**scopes[-1], **declared})
        element = resolved(name, scopes[-1].get("", ""))
        here = parser.CurrentByteIndex
        tag = _TAG.match(data, here)
        assert tag is not None
        within = path[-1] if path else ("", "")
        if element == (_RDF, "Description") and within == (_RDF, "RDF"):
            for key in attributes:
                if resolved(key, "") == (_XMP, "Rating"):
                    look.ratings.append(_attribute(tag, key))
            if look.description is None:
                name_end = _NAME.match(data, here)
                assert name_end is not None
                look.description = (name_end.end(), *_prefix(scopes[-1]))
        elif element == (_XMP, "Rating") and within == (_RDF, "Description"):
            if tag[0].endswith(b"/>"):
                raise _unfit(source, "holds a rating in a form that is not known")
            end = data.index(b"<", tag.end())
            look.ratings.append(_Rating(data[tag.end() : end].decode(), tag.end(), end))
        path.append(element)

    def end(_name: str) -> None:
        scopes.pop()
        path.pop()

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, UnicodeDecodeError) as exc:
        raise _unfit(source, f"is not XML ({exc})") from exc
    return look


def _attribute(tag: re.Match[bytes], key: str) -> _Rating:
    """Return an attribute's value in a tag and its place."""
    found = next(each for each in _ATTRIBUTE.finditer(tag[0]) if each[1] == key.encode())
    group = 2 if found[2] is not None else 3
    start, end = found.span(group)
    return _Rating(found[group].decode(), tag.start() + start, tag.start() + end)


def _prefix(scope: dict[str, str]) -> tuple[str, bool]:
    """Return a prefix for the XMP name space, and whether it is declared already."""
    for prefix, name_space in scope.items():
        if prefix and name_space == _XMP:
            return prefix, True
    return ("xmp" if "xmp" not in scope else "xmpbasic"), False


def _unfit(source: Path, fault: str) -> InputFileError:
    return InputFileError(
        source, fault, "mend it in the program that wrote it, or move it away; it was left as it is"
    )
