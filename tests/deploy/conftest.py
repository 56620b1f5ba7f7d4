"""Has the images built once for the whole run."""

from __future__ import annotations

import pytest

from tests.support import engine


@pytest.fixture(scope="session")
def image() -> str:
    """The registry's image, as `docker build` makes it; the comparison's, too, is made anew."""
    engine.require_base_image()
    for target, tag in (("registry", engine.IMAGE), ("compare", engine.COMPARE_IMAGE)):
        engine.docker("build", "--build-arg", f"VERSION={engine.VERSION}", "--target", target, "--tag", tag, ".")
    return engine.IMAGE
