"""Has the images built once for the whole run."""

from __future__ import annotations

import pytest

from tests.support import engine


@pytest.fixture(scope="session")
def image() -> str:
    """The registry's image, as `docker build` makes it."""
    engine.require_base_image()
    engine.docker("build", "--build-arg", f"VERSION={engine.VERSION}", "--tag", engine.IMAGE, ".")
    return engine.IMAGE
