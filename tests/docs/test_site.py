"""The site is built without a warning: every page is in its navigation, every link and heading it names is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.pages import REPOSITORY, SITE_PAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

PICTURES = REPOSITORY / "docs" / "pictures"


class Fetched(HTMLParser):
    """Collects what a browser fetches by itself to show a page."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in {"script", "img", "iframe", "source"} and given.get("src"):
            self.urls.append(given["src"] or "")
        if tag == "link" and given.get("rel") in {"stylesheet", "icon", "preconnect", "preload"}:
            self.urls.append(given["href"] or "")


def fetched(page: Path) -> Iterator[str]:
    parser = Fetched()
    parser.feed(page.read_text(encoding="utf-8"))
    yield from parser.urls


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=REPOSITORY,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


def test_every_page_is_there_under_its_name(site: Path) -> None:
    for page in SITE_PAGES:
        assert (site / page.stem / "index.html").is_file()
    assert "A service registers" in (site / "index.html").read_text(encoding="utf-8")
    assert (site / "CONSUL" / "index.html").is_file()
    assert not list(site.rglob("*.json.html"))
    assert not list(site.rglob("*.py"))


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    urls = [url for page in pages for url in fetched(page)]
    assert len(pages) > len(SITE_PAGES)
    assert len(urls) > len(pages)
    assert [url for url in urls if re.match(r"(https?:)?//", url)] == []


def test_every_picture_that_is_kept_is_shown_and_of_modest_size(site: Path) -> None:
    shown = {url.partition("#")[0].rpartition("/")[2] for page in site.rglob("*.html") for url in fetched(page)}
    kept = {picture.name for picture in PICTURES.iterdir()}
    assert kept <= shown
    assert all(picture.stat().st_size < 200_000 for picture in PICTURES.iterdir())
    assert all(name.replace("-light", "-dark") in kept for name in kept)


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium is installed, which takes the pictures")
def test_the_pictures_can_be_taken_anew(tmp_path: Path) -> None:
    program = Path(sys.executable).parent / "discovery-compare"
    done = subprocess.run(
        ["scripts/take-pictures", tmp_path],
        cwd=REPOSITORY,
        env=os.environ | {"DISCOVERY_COMPARE": str(program)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    taken = {picture.name: picture.read_bytes() for picture in tmp_path.iterdir()}
    assert taken.keys() == {picture.name for picture in PICTURES.iterdir()}
    for name, content in taken.items():
        assert content[16:24] == (PICTURES / name).read_bytes()[16:24], f"{name} has another width or height"
        assert content != taken[name.replace("-light", "-dark")] or "-dark" in name
