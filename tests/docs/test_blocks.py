"""No code block of a page stands there untried: it is run, generated, or says on the line above why not."""

from __future__ import annotations

import pytest

from tests.support.pages import FILE_BLOCK, ROOT_PAGES, SITE_PAGES, blocks

PAGES = {
    page.relative_to(page.parents[1] if page in SITE_PAGES else page.parent).as_posix(): page
    for page in (*ROOT_PAGES, *SITE_PAGES)
}

NOT_RUN = {
    "README.md": 9,
    "CONSUL.md": 3,
    "CONTRIBUTING.md": 3,
    "docs/architecture.md": 1,
    "docs/moving.md": 1,
    "KUBERNETES.md": 1,
    "docs/operate.md": 1,
    "docs/tutorial.md": 1,
    "docs/without-consul.md": 1,
}
"""How many blocks of each page are not run: one more is to be decided, and seen, here."""


@pytest.mark.parametrize("name", PAGES)
def test_every_block_is_run_or_says_why_not(name: str) -> None:
    untried = [
        f"{block.place} ({block.info or 'no language'})"
        for block in blocks(PAGES[name])
        if not (block.run or block.generated or block.why_not)
    ]
    assert not untried, "nobody runs these; make them console or python, or say <!-- not run: why --> above them"


def test_what_is_not_run_is_counted() -> None:
    counted = {name: sum(bool(block.why_not) for block in blocks(page)) for name, page in PAGES.items()}
    assert {name: count for name, count in counted.items() if count} == NOT_RUN


def test_what_is_run_does_not_say_that_it_is_not() -> None:
    assert not [block.place for page in PAGES.values() for block in blocks(page) if block.run and block.why_not]


def test_most_blocks_are_run() -> None:
    found = [block for page in PAGES.values() for block in blocks(page)]
    assert sum(block.run for block in found) > 50
    assert sum(FILE_BLOCK.fullmatch(f"{block.info}\n") is not None for block in found) >= 8
