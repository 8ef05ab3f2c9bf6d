"""A folder as a camera announces what is whole, once, and touches nothing."""

import io
import json
from threading import Timer

import pytest
from PIL import Image

from capture.rig import open_rig
from capture.session import Session
from capture.settings import load_profile
from devices.digest import digest_of_bytes
from devices.errors import (
    DeviceLostError,
    DeviceNotFoundError,
    TransferError,
    UnsupportedError,
)
from devices.hot_folder import SETTLED_S, HotFolderCamera
from matting.imaging.errors import OutputError
from tui.cli import main


def jpeg(shade=90):
    held = io.BytesIO()
    Image.new("RGB", (64, 48), (shade, 120, 150)).save(held, "JPEG")
    return held.getvalue()


def test_a_growing_file_is_announced_when_it_is_whole(tmp_path):
    (tmp_path / "old.jpg").write_bytes(jpeg())
    camera = HotFolderCamera(f"folder:{tmp_path}", tmp_path)
    (tmp_path / "new.jpg").write_bytes(jpeg()[:-100])
    (tmp_path / ".new.jpg").write_bytes(b"hidden")
    (tmp_path / "notes.txt").write_bytes(b"no picture")
    (tmp_path / "folder.jpg").mkdir()
    # Its writer pauses for longer than a file needs to settle.
    assert camera.next_files(SETTLED_S + 1.0) == ()
    (tmp_path / "new.jpg").write_bytes(jpeg())
    (item,) = camera.next_files(10.0)
    assert (item.name, item.size_bytes) == ("new.jpg", len(jpeg()))
    assert camera.next_files(0.3) == ()
    assert {entry.name for entry in camera.listing()} == {"new.jpg", "old.jpg"}


def test_the_end_of_a_thumbnail_is_not_the_end_of_its_picture(tmp_path):
    camera = HotFolderCamera(f"folder:{tmp_path}", tmp_path)
    thumbnail = b"Exif\0\0" + jpeg()
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    (tmp_path / "new.jpg").write_bytes(jpeg()[:2] + segment + jpeg()[2:-100])
    assert camera.next_files(SETTLED_S + 1.0) == ()


def test_a_count_of_a_folders_shots_is_kept(tmp_path, capsys):
    source = tmp_path / "in"
    source.mkdir()

    def fill():
        for name in ("a.jpg", "b.jpg", "c.jpg"):
            (source / name).write_bytes(jpeg())

    Timer(0.5, fill).start()
    main(["shoot", "--camera", f"folder:{source}", "--session", str(tmp_path / "out"),
          "--no-matte", "--json"])  # fmt: skip
    assert len(json.loads(capsys.readouterr().out)["shots"]) == 1


def test_a_new_picture_of_an_old_name_is_announced(tmp_path):
    (tmp_path / "a.jpg").write_bytes(jpeg())
    camera = HotFolderCamera(f"folder:{tmp_path}", tmp_path)
    (tmp_path / "a.jpg").unlink()
    assert camera.next_files(0.3) == ()
    (tmp_path / "a.jpg").write_bytes(jpeg(200))
    (item,) = camera.next_files(10.0)
    assert item.name == "a.jpg"


def test_files_that_come_together_are_shots_of_their_own_unless_their_names_match(tmp_path):
    camera = HotFolderCamera(f"folder:{tmp_path}", tmp_path)
    for name in ("a.jpg", "b.jpg", "b.nef"):
        (tmp_path / name).write_bytes(jpeg())
    shots = [[item.name for item in camera.next_files(10.0)] for _ in range(2)]
    assert shots == [["a.jpg"], ["b.jpg", "b.nef"]]


def test_a_folder_that_is_gone_is_a_lost_device(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    camera = HotFolderCamera(f"folder:{source}", source)
    source.rmdir()
    with pytest.raises(DeviceLostError, match="cannot be read"):
        camera.next_files(0.1)


def test_a_picture_is_copied_and_left_alone(tmp_path):
    source, target = tmp_path / "in", tmp_path / "out.jpg"
    source.mkdir()
    camera = HotFolderCamera(f"folder:{source}", source)
    (source / "a.jpg").write_bytes(jpeg())
    (item,) = camera.next_files(10.0)
    arrived = camera.download(item, target)
    assert arrived.digest == digest_of_bytes(jpeg())
    assert target.read_bytes() == (source / "a.jpg").read_bytes() == jpeg()
    (source / "a.jpg").unlink()
    with pytest.raises(TransferError, match="no longer there"):
        camera.download(item, tmp_path / "again.jpg")
    assert not (tmp_path / "again.jpg").exists()


def test_what_a_folder_cannot_do_says_who_can(tmp_path):
    camera = HotFolderCamera(f"folder:{tmp_path}", tmp_path)
    for refused in (camera.capture, camera.start_live_view, lambda: camera.set("iso", "100")):
        with pytest.raises(UnsupportedError, match="another program"):
            refused()
    assert not camera.info().live_view
    with pytest.raises(DeviceNotFoundError, match="no such folder"):
        open_rig(f"folder:{tmp_path / 'nowhere'}")


def test_a_session_follows_a_folder(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    picture = Image.new("RGB", (64, 48), (90, 120, 150))
    with Session(
        open_rig(f"folder:{source}"), tmp_path / "out", load_profile("portrait"), matte=False
    ) as session:
        Timer(0.5, lambda: picture.save(source / "shot.jpg")).start()
        shot = session.shoot()
    assert (shot.folder / shot.photo.path).read_bytes() == (source / "shot.jpg").read_bytes()


def test_a_session_never_replaces_a_picture_by_its_own_files(tmp_path):
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    (out / "x").mkdir(parents=True)
    (out / "0007_a.jpg").write_bytes(b"of a session whose journal was lost")
    (out / "0008_a_report.json").write_bytes(b"somebody's")
    with Session(
        open_rig(f"folder:{source}"), out, load_profile("portrait"), matte=False
    ) as session:
        Timer(0.5, lambda: (source / "a.jpg").write_bytes(jpeg())).start()
        shot = session.shoot()
        with pytest.raises(OutputError, match="another session"):
            Session(open_rig(f"folder:{source}"), out, load_profile("portrait"))
    assert shot.photo.path == "0009_a.jpg"
    assert (out / "0007_a.jpg").read_bytes() == b"of a session whose journal was lost"
    with pytest.raises(OutputError, match="watched"):
        Session(open_rig(f"folder:{source}"), source, load_profile("portrait"))
