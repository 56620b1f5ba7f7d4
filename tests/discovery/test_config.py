from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from discovery import ConfigurationError
from discovery.config import DEFAULT_URL, ENVIRONMENT_VARIABLE, FILE, configured_url

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and nothing in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("environment", "file", "url"),
    [
        (None, None, DEFAULT_URL),
        ("", None, DEFAULT_URL),
        (" consul://a ", None, "consul://a"),
        (None, 'url = " consul://b "', "consul://b"),
        ("  ", 'url = "consul://b"', "consul://b"),
        ("consul://a", 'url = "consul://b"', "consul://a"),
        ("consul://a", "broken", "consul://a"),
    ],
)
def test_the_environment_goes_before_the_file_and_the_file_before_the_default(
    folder: Path, monkeypatch: pytest.MonkeyPatch, environment: str | None, file: str | None, url: str
) -> None:
    if environment is not None:
        monkeypatch.setenv(ENVIRONMENT_VARIABLE, environment)
    if file is not None:
        (folder / FILE).write_text(file)

    assert configured_url() == url


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"url = ", "cannot be read"),
        (b"url = '\xff'", "cannot be read"),
        (b"", "set url, as in"),
        (b"url = ''", "set url, as in"),
        (b"url = 5001", "set url, as in"),
        (b"urls = 'consul://a'", "unknown key 'urls'; the one key is url"),
        (b"url = 'consul://a'\nport = 1", "unknown key 'port'"),
    ],
)
def test_a_file_that_says_nothing_usable_is_refused_by_its_name(folder: Path, content: bytes, message: str) -> None:
    (folder / FILE).write_bytes(content)

    with pytest.raises(ConfigurationError) as refused:
        configured_url()

    assert str(folder / FILE) in str(refused.value)
    assert message in str(refused.value)


def test_a_folder_of_that_name_cannot_be_read(folder: Path) -> None:
    (folder / FILE).mkdir()

    with pytest.raises(ConfigurationError, match="cannot be read"):
        configured_url()
