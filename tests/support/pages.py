"""The Markdown pages and the code blocks in them, with what becomes of each in the tests; it runs none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sybil import Document
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parents[2]
ROOT_PAGES = tuple(sorted(REPOSITORY.glob("*.md")))
CLUSTER_PAGE = REPOSITORY / "KUBERNETES.md"
SITE_PAGES = tuple(sorted((REPOSITORY / "docs").glob("*.md")))

FILE_BLOCK = re.compile(r'(?P<language>\w+) title="(?P<file>[^"]+)"$\n', re.MULTILINE)
"""The first line of a block that is a file, which the reader is to write: its language and its name."""

_RUN_FOR_A_CLUSTER = re.compile("sh")
_RUN = re.compile(r"console|python|" + FILE_BLOCK.pattern.removesuffix(r"$\n"))
_ANY = re.compile(r"(?P<info>.*)$\n", re.MULTILINE)
_GENERATED = re.compile(r"<!-- generated: .*?<!-- end of generated -->", re.DOTALL)
_NOT_RUN = re.compile(r"<!-- not run: (?P<why>[^\n]+) -->\n[ \t]*\Z")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block.

    Args:
        place: page and line.
        info: what stands behind the fence: a language, and a file's name.
        run: whether the tests run it, or write it to be used by one that they run.
        generated: whether it is made by ``docs.tables``.
        why_not: why it is not run, as the comment on the line above says; empty without one.
    """

    place: str
    info: str
    run: bool
    generated: bool
    why_not: str


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page, from its top."""
    text = page.read_text(encoding="utf-8")
    generated = [found.span() for found in _GENERATED.finditer(text)]
    for region in RawFencedCodeBlockLexer(_ANY)(Document(text, str(page))):
        comment = _NOT_RUN.search(text, 0, region.start)
        info = region.lexemes["info"]
        yield Block(
            place=f"{page.name}:{text.count(chr(10), 0, region.start) + 1}",
            info=info,
            run=(_RUN_FOR_A_CLUSTER if page == CLUSTER_PAGE else _RUN).fullmatch(info) is not None,
            generated=any(start < region.start < end for start, end in generated),
            why_not=comment["why"] if comment else "",
        )
