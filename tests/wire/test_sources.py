from __future__ import annotations

import json
import stat
import threading
from typing import TYPE_CHECKING

import pytest

from compare.sources import TargetMissing
from compare.wire import sources
from compare.wire.player import HTTP_PORT
from compare.wire.sources import AtURL, Started, UnknownTarget, is_own, resolve
from tests.support.ports import closed_port
from tests.wire.test_transport import peer

if TYPE_CHECKING:
    from pathlib import Path

ABOUT = json.dumps({"Config": {"NodeName": "here", "Version": "1.8.19"}}).encode()
SELF = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(ABOUT), ABOUT)


def program(folder: Path, text: str) -> str:
    file = folder / "consul"
    file.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return str(file)


@pytest.mark.parametrize(
    ("text", "consul", "argument"),
    [("facade", "1.21.4", "1.21"), ("facade:1.8", "1.8.7", "1.8"), ("facade:1.21.4", "1.21.4", "1.21")],
)
def test_our_registry_is_started_in_the_dialect_that_is_asked_for(text: str, consul: str, argument: str) -> None:
    source = resolve(text)
    assert isinstance(source, Started)
    assert (source.name, source.consul, source.fresh) == (text, consul, True)
    assert source.arguments == (f"--consul-version={argument}",)
    assert is_own(text)


@pytest.mark.parametrize(("version", "secure"), [("1.8.7", False), ("1.14.0", True), ("1.21.4", True)])
def test_a_consul_opens_the_ports_that_its_version_has(tmp_path: Path, version: str, secure: bool) -> None:  # noqa: FBT001
    source = resolve("consul", binary=program(tmp_path, f"echo Consul v{version}"))
    assert isinstance(source, Started)
    assert source.version(threading.Event()) == version
    assert ("grpc-tls" in source.ports) is secure
    assert not is_own("consul")


@pytest.mark.parametrize(
    ("text", "name", "url"),
    [
        ("http://127.0.0.1:8500/", "http://127.0.0.1:8500/", "http://127.0.0.1:8500"),
        ("mine=https://there", "mine", "https://there"),
    ],
)
def test_a_url_may_have_a_name(text: str, name: str, url: str) -> None:
    source = resolve(text)
    assert isinstance(source, AtURL)
    assert (source.name.rstrip("/"), source.url, source.fresh) == (name.rstrip("/"), url, False)


@pytest.mark.parametrize("text", ["basic", "facade:9", "consul:1.8", "ftp://x", "x=http://", ""])
def test_another_target_is_refused_with_what_there_is(text: str) -> None:
    with pytest.raises(UnknownTarget, match=r"there are:|of the form"):
        resolve(text)


def test_a_program_that_is_not_there_or_is_no_consul_is_missed(tmp_path: Path) -> None:
    with pytest.raises(TargetMissing, match="no program nosuch"):
        resolve("consul", binary="nosuch")
    with pytest.raises(TargetMissing, match="is no Consul"):
        resolve("consul", binary=program(tmp_path, "echo hello"))


def test_an_agent_that_is_there_says_what_it_is() -> None:
    with peer(SELF) as there:
        assert AtURL(there.url).version(threading.Event()) == "1.8.19"
    with peer(SELF) as there:
        place = AtURL(there.url).start(threading.Event()).place
    assert place.node == "here"
    assert place.ports == {int(there.url.rpartition(":")[2]): HTTP_PORT}


def test_who_does_not_say_what_it_is_is_missed() -> None:
    with closed_port() as port, pytest.raises(TargetMissing, match="refused"):
        AtURL(f"http://127.0.0.1:{port}").version(threading.Event())
    with peer() as there, pytest.raises(TargetMissing, match="does not say what agent this is: 200 b'ok'"):
        AtURL(there.url).start(threading.Event())


def test_an_agent_that_ends_at_once_is_missed_with_its_last_words() -> None:
    source = Started("x", ("/bin/sh", "-c", "echo no such thing >&2; exit 3"), "", "1.8.7", {"http": HTTP_PORT})
    with pytest.raises(TargetMissing, match="ended with 3: no such thing"):
        source.start(threading.Event())


def test_an_agent_that_took_the_port_first_is_not_taken_for_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    node = {"ID": "00000000-0000-0000-0000-000000000000", "TaggedAddresses": {"lan": "x"}, "Meta": {"a": "b"}}
    found = json.dumps([{"Node": node, "Checks": [{}]}]).encode()
    source = Started("x", ("/bin/sh", "-c", "exec sleep 60"), "", "1.8.7", {"http": HTTP_PORT})
    monkeypatch.setattr(sources, "_WITHIN", 0.2)
    with peer(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(found), found)) as there:
        monkeypatch.setattr(sources, "free_ports", lambda _count: [int(there.url.rpartition(":")[2])])
        with pytest.raises(TargetMissing, match="does not serve in time"):
            source.start(threading.Event())
