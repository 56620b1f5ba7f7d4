from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from compare import consul_agent
from compare.consul_agent import AnyConsul, ConsulBinary, consul_url
from compare.container import ConsulContainer
from compare.own_registry import DIALECTS, Facade, Registry, dialect_of
from compare.sources import ByURL, NoConsul, TargetMissing, without_secrets
from compare.stage import RealClock
from compare.targets import is_consul, resolve
from discovery import BackendUnavailable, Registration, open_discovery
from tests.support.consul import require_image
from tests.support.servers import COMMAND

if TYPE_CHECKING:
    from pathlib import Path


def clock() -> RealClock:
    return RealClock(threading.Event())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("basic", Registry("basic", "basic", complete=False)),
        ("custom", Registry("custom", "full", complete=True)),
        ("facade", Facade()),
        ("facade:1.8", Facade("facade:1.8", "1.8")),
        ("consul", AnyConsul("/opt/consul", "1.9")),
        ("consul:docker", ConsulContainer("1.9", name="consul:docker")),
        ("consul:1.20", ConsulContainer("1.20", name="consul:1.20")),
        ("registry://h:1", ByURL("registry://h:1")),
        ("custom=registry://h:1", ByURL("registry://h:1", name="custom")),
        ("consul://h:1?token=x", ByURL("consul://h:1?token=x")),
    ],
)
def test_a_name_means_its_source(text: str, expected: object) -> None:
    assert resolve(text, binary="/opt/consul", tag="1.9") == expected


def test_a_url_is_called_without_its_token() -> None:
    assert resolve("consul://h:1?token=secret").name == "consul://h:1"
    assert without_secrets("consul://h:1?dc=a&token=secret") == "consul://h:1"


def test_real_consuls_are_natural_references() -> None:
    names = ["facade", "consul", "consul:1.9", "consul://h:1", "recorded:consul-1.8.7", "registry://consul:1"]
    assert [name for name in names if is_consul(name)] == names[1:5]


@pytest.mark.parametrize(
    ("reference", "dialect"),
    [
        ("Consul 1.8.7", "1.8"),
        ("Consul 1.20.0", "1.8"),
        ("Consul 1.21.4", "1.21"),
        ("Consul 1.22.0+ent", "1.21"),
        ("Consul 1.7.0", "1.8"),
        ("Consul of some kind", "1.21"),
        ("custom-registry 0.1.0", "1.21"),
        ("", "1.21"),
    ],
)
def test_the_facade_answers_as_its_reference(reference: str, dialect: str) -> None:
    assert dialect_of(reference) == dialect
    assert Facade().beside(reference) == Facade(dialect=dialect)
    assert Facade("facade:1.8", "1.8").beside(reference).dialect == "1.8"


@pytest.mark.parametrize("dialect", [None, *DIALECTS])
def test_the_facade_serves_in_each_dialect_and_comes_back_where_it_was(dialect: str | None) -> None:
    running = Facade(dialect=dialect).start(clock(), alone=True)
    try:
        spoken = dialect or DIALECTS[0]
        assert running.version.startswith("custom-registry ")
        assert running.version.endswith(f" as Consul {spoken}")
        with open_discovery(running.url) as backend:
            assert backend.ping().startswith(f"Consul {spoken}.")
            backend.register(Registration("web", "10.0.0.1:8001", ttl=30))
        assert running.restart is not None
        running.restart()
        with open_discovery(running.url) as backend:
            assert backend.discover("web") == []
    finally:
        running.stop()


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({"CONSUL_HTTP_ADDR": "10.0.0.1:8500"}, "consul://10.0.0.1:8500?deregister_after=1m"),
        ({"CONSUL_HTTP_ADDR": "http://h:1/"}, "consul://h:1?deregister_after=1m"),
        ({"CONSUL_HTTP_ADDR": "https://h:1"}, "consul://h:1?deregister_after=1m&scheme=https"),
        (
            {"CONSUL_HTTP_ADDR": "h:1", "CONSUL_HTTP_SSL": "true"},
            "consul://h:1?deregister_after=1m&scheme=https",
        ),
        ({"CONSUL_HTTP_ADDR": "h:1", "CONSUL_HTTP_TOKEN": "a&b"}, "consul://h:1?deregister_after=1m&token=a%26b"),
    ],
)
def test_consuls_environment_is_understood(environment: dict[str, str], url: str) -> None:
    assert consul_url(environment) == url


def test_a_unix_socket_cannot_be_spoken() -> None:
    with pytest.raises(TargetMissing, match="only http and https"):
        consul_url({"CONSUL_HTTP_ADDR": "unix:///run/consul.sock"})


def test_the_consul_of_the_environment_comes_first_and_must_answer() -> None:
    source = AnyConsul(environment={"CONSUL_HTTP_ADDR": "127.0.0.1:1"})
    with pytest.raises(TargetMissing, match=r"consul://127\.0\.0\.1:1: ") as missing:
        source.start(clock(), alone=False)
    assert not isinstance(missing.value, NoConsul)


def test_a_binary_that_was_named_must_be_there(tmp_path: Path) -> None:
    source = AnyConsul(binary="/nowhere/consul", environment={"PATH": str(tmp_path)})
    with pytest.raises(TargetMissing, match="no such program") as missing:
        source.start(clock(), alone=False)
    assert not isinstance(missing.value, NoConsul)


def test_a_program_called_consul_that_is_none_is_told(tmp_path: Path) -> None:
    program = tmp_path / "consul"
    program.write_text("#!/bin/sh\necho something else\n")
    program.chmod(0o755)
    with pytest.raises(TargetMissing, match="is no Consul: 'something else"):
        AnyConsul(environment={"PATH": str(tmp_path)}).start(clock(), alone=False)


def test_our_registry_in_consuls_place_is_no_reference(tmp_path: Path) -> None:
    (tmp_path / "consul").symlink_to(COMMAND)
    with pytest.raises(TargetMissing, match="is custom-registry in Consul's place, and not Consul"):
        AnyConsul(environment={"PATH": str(tmp_path)}).start(clock(), alone=False)


def test_a_failing_consul_is_tried_once_and_told(tmp_path: Path) -> None:
    program = tmp_path / "consul"
    program.write_text('#!/bin/sh\n[ "$1" = version ] && echo Consul v1.8.7 || { echo "no raft today"; exit 3; }\n')
    program.chmod(0o755)
    with pytest.raises(TargetMissing, match="ended with 3: no raft today"):
        ConsulBinary(program).start(clock(), alone=False)


def test_a_taken_port_is_tried_again(tmp_path: Path) -> None:
    program = tmp_path / "consul"
    calls = tmp_path / "calls"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = version ] && echo Consul v1.21.4 && exit\necho "$*" >> {calls}\n'
        'echo "bind: address already in use"\nexit 1\n'
    )
    program.chmod(0o755)
    with pytest.raises(TargetMissing, match="address already in use"):
        ConsulBinary(program).start(clock(), alone=False)
    commands = calls.read_text().splitlines()
    assert len(set(commands)) == 3
    assert all("-grpc-tls-port=-1" in command for command in commands)


def test_without_any_consul_all_that_was_tried_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class NoEngine:
        def __init__(self, tag: str) -> None:
            self.tag = tag

        def start(self, *_: object, **__: object) -> None:
            raise TargetMissing(f"a container of hashicorp/consul:{self.tag}: no engine")

    monkeypatch.setattr(consul_agent, "ConsulContainer", NoEngine)
    with pytest.raises(NoConsul) as missing:
        AnyConsul(tag="1.9", environment={"PATH": str(tmp_path)}).start(clock(), alone=False)
    told = str(missing.value)
    assert "CONSUL_HTTP_ADDR is not set" in told
    assert "no program consul on PATH" in told
    assert "hashicorp/consul:1.9: no engine" in told


@pytest.mark.integration
def test_a_container_serves_restarts_and_is_removed() -> None:
    tag = "1.8.7"
    require_image(f"hashicorp/consul:{tag}", made_by="make-consul-image")
    running = ConsulContainer(tag).start(clock(), alone=True)
    try:
        with open_discovery(running.url) as backend:
            assert backend.ping() == f"Consul {tag}"
            backend.register(Registration("web", "10.0.0.1:8001", ttl=30))
        assert running.restart is not None
        running.restart()
        with open_discovery(running.url) as backend:
            assert backend.discover("web") == []
    finally:
        running.stop()
    with open_discovery(running.url) as backend, pytest.raises(BackendUnavailable):
        backend.ping()
