"""MkDocs' hook: gives the pages the paths that they have in the repository, so that their links hold in both places.

A page under ``docs/`` is ``docs/operate.md`` to the navigation and to others' links, and served as ``/operate/``. One
of the navigation that is not there is taken from the root, where it stands; so are the files that pages name.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File, Files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig

_REPOSITORY = Path(__file__).resolve().parents[1]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Return the files under their paths in the repository, and the pages of its root with them."""
    for file in list(files):
        if file.src_dir == config.docs_dir:
            files.remove(file)
            files.append(_of_the_repository(f"docs/{file.src_uri}", file.dest_uri, config))
    for path in (*pages_of(config.nav), "LICENSE", "docker-compose.yml"):
        if not path.startswith("docs/"):
            files.append(_of_the_repository(path, None, config))
    return files


def pages_of(nav: Any) -> Iterator[str]:  # noqa: ANN401 - lists, mappings and paths, as YAML has them
    """Yield the paths in a navigation."""
    if isinstance(nav, str):
        yield nav
        return
    for part in nav.values() if isinstance(nav, dict) else nav:
        yield from pages_of(part)


def _of_the_repository(path: str, dest_uri: str | None, config: MkDocsConfig) -> File:
    return File(
        path, str(_REPOSITORY), config.site_dir, use_directory_urls=config.use_directory_urls, dest_uri=dest_uri
    )
