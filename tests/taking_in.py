"""The steps from a camera to safety one after another, as `capture.burst` takes them beside."""

from capture.ingest import checked, fetch, name_group
from matting.imaging.errors import MatteboxError


def secure(group, journal, folder):
    """Check and name what has arrived; return rows or errors, in the group's order."""
    errors = {arrived.temporary: checked(arrived, folder) for arrived in group}
    passed = [arrived for arrived in group if errors[arrived.temporary] is None]
    named = {arrived.temporary: row for arrived, row in name_group(passed, journal, folder)}
    return [named.get(arrived.temporary, errors[arrived.temporary]) for arrived in group]


def ingest(camera, arrival, journal, folder):
    """Take one file in, and return its row."""
    (row,) = secure([fetch(camera, arrival, folder)], journal, folder)
    if isinstance(row, MatteboxError):
        raise row
    return row
