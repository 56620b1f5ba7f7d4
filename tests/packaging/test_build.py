from __future__ import annotations

import tarfile
import zipfile
from email import message_from_bytes
from typing import TYPE_CHECKING

from tests.packaging.conftest import REPOSITORY, build

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.packaging.conftest import Built

PACKAGES = ("discovery", "custom_registry", "consul_adapter", "compare")


def in_the_tree() -> Iterator[str]:
    for package in PACKAGES:
        for file in (REPOSITORY / package).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                yield file.relative_to(REPOSITORY).as_posix()


def contents(wheel: Path) -> dict[str, int]:
    with zipfile.ZipFile(wheel) as archive:
        return {entry.filename: entry.CRC for entry in archive.infolist()}


def test_the_wheel_has_every_file_of_the_packages_and_no_other(built: Built) -> None:
    found = {name for name in contents(built.wheel) if ".dist-info/" not in name}
    assert found == set(in_the_tree())
    assert {f"{package}/py.typed" for package in PACKAGES} <= found
    for data in ("known.toml", "wire/exceptions.toml", "bench/goals.toml", "bench/load.lua", "reports/page.html.j2"):
        assert f"compare/{data}" in found


def test_the_sdist_has_what_a_packager_needs_to_test_it_and_nothing_that_was_made(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"pyproject.toml", "constraints.txt", "LICENSE", "README.md", "CONSUL.md", "CHANGELOG.md", "Makefile"}
    wanted |= {"mkdocs.yml", "conftest.py", "tests/conftest.py", "docs/run.json", "examples/client.py"}
    wanted |= {".github/workflows/ci.yml", ".ci/run", "scripts/install-consul", "docs/pictures/matrix-light.png"}
    assert wanted - names == set()
    assert set(in_the_tree()) - names == set()
    assert not [name for name in names if name.startswith((".venv", ".git/", "build/", "dist/", "results/"))]
    assert not [name for name in names if "__pycache__" in name]


def test_the_wheel_of_the_sdist_is_that_of_the_repository(built: Built, tmp_path: Path) -> None:
    build(tmp_path, "--wheel")
    (direct,) = tmp_path.glob("*.whl")
    assert direct.name == built.wheel.name
    assert contents(direct) == contents(built.wheel)


def test_its_metadata_say_what_it_is(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = message_from_bytes(archive.read(name))
    assert metadata["Name"] == "discovery-compare"
    assert metadata["Version"] == built.wheel.name.split("-")[1]
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"
    assert {"consul", "compare", "bench", "grpc", "test", "docs", "lint"} == set(metadata.get_all("Provides-Extra", []))
    assert str(metadata.get_payload()).startswith("# discovery-compare")
