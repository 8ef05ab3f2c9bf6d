"""Who may look at the session in a browser."""

import pytest

pytest.importorskip("textual_serve", reason="the extra `serve` is not installed")

from aiohttp.test_utils import TestClient, TestServer

from tui.cli import main
from tui.exit_codes import ExitCode
from tui.web import Door, GuardedServer


@pytest.fixture
def invited():
    return []


@pytest.fixture
async def client(invited):
    app = await GuardedServer("true", "127.0.0.1", 0, Door(invited.append))._make_app()
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_nobody_comes_in_without_a_token_or_with_a_guess(client):
    for path in ("/", "/?token=guess", "/ws", "/static/js/textual.js", "/?token=ü"):
        assert (await client.get(path)).status == 403


async def test_a_token_lets_one_viewer_in_and_is_used_up(client, invited):
    first = await client.get(f"/?token={invited[0]}", allow_redirects=False)
    assert first.status == 302
    assert "token" not in first.headers["Location"]
    cookie = first.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert (await client.get("/")).status == 200
    client.session.cookie_jar.clear()
    assert (await client.get(f"/?token={invited[0]}")).status == 403
    assert len(invited) == 2
    assert (await client.get(f"/?token={invited[1]}")).status == 200


def test_passes_and_tokens_are_never_the_same(invited):
    door = Door(invited.append)
    passes = {door.enter(invited[-1]) for _ in range(20)}
    assert None not in passes
    assert len(passes) == 20
    assert len(set(invited)) == 21
    assert all(door.knows(one) for one in passes)
    assert not door.knows("")


def test_serving_without_a_host_or_camera_says_so(tmp_path, capsys):
    assert main(["serve", "--session", str(tmp_path)]) != ExitCode.OK
    assert "mattebox host" in capsys.readouterr().err
