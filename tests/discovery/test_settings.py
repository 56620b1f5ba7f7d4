"""The settings that all backends over HTTP share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trustme

from discovery import ConfigurationError
from discovery.backends import BackendURL
from discovery.settings import read_scheme, read_settings, read_timeout, read_verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

READERS: dict[str, Callable[[str], object]] = {"size": int, "scheme": read_scheme}


def test_only_what_the_url_gives_is_read() -> None:
    assert read_settings(BackendURL.parse("memory://h?size=5"), READERS) == {"size": 5}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("colour=blue", r"^memory:// has no setting 'colour'; it has: scheme, size$"),
        ("size=5&scheme=ftp", r"^memory:// setting scheme: must be http or https, not 'ftp'$"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(query: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read_settings(BackendURL.parse(f"memory://h?{query}"), READERS)


@pytest.mark.parametrize(("text", "value"), [("true", True), ("false", False)])
def test_verify_is_yes_or_no(text: str, value: object) -> None:
    assert read_verify(text) is value


def test_verify_may_name_a_file_of_authorities_or_their_folder(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(file)
    for path in (file, tmp_path):
        assert read_verify(str(path)) == str(path)


@pytest.mark.parametrize(
    "text", ["", "maybe", "False", "/no/such/file", "a\0b", "\ud800", pytest.param("a" * 300, id="too long")]
)
def test_verify_is_nothing_else(text: str) -> None:
    with pytest.raises(ValueError, match="must be true, false, or an existing file or folder of certificates"):
        read_verify(text)


def test_a_file_without_certificates_cannot_be_trusted(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("nothing")
    with pytest.raises(ValueError, match="certificates"):
        read_verify(str(file))


@pytest.mark.parametrize(("text", "seconds"), [("0.5", 0.5), ("10", 10.0), ("86400", 86_400.0)])
def test_a_timeout_is_a_number_of_seconds(text: str, seconds: float) -> None:
    assert read_timeout(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "0.0", "-1", "inf", "nan", "1e3", "1_0", " 1", "86401", "9" * 400, "٣"])
def test_a_timeout_is_nothing_else(text: str) -> None:
    with pytest.raises(ValueError, match="must be a number of seconds above 0, at most 86400"):
        read_timeout(text)
