"""Runs the real kubectl where there is no cluster: it reads its arguments, and then finds nobody to ask."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.deploy.manifests import REPOSITORY
from tests.support.consul import missing

_NOBODY = """\
apiVersion: v1
kind: Config
clusters: [{name: nobody, cluster: {server: "http://127.0.0.1:1"}}]
contexts: [{name: class, context: {cluster: nobody}}]
current-context: class
"""
_LONGEST = 60.0  # seconds


def assert_understood(words: list[str]) -> None:
    """Insist that kubectl has no objection to a command before it asks the cluster.

    ``--help`` behind it would not do: a value that kubectl takes for a further argument passes there.

    Args:
        words: what stands behind ``kubectl``. The context ``class`` is there.

    Raises:
        AssertionError: it ends before that.
    """
    if shutil.which("kubectl") is None:
        missing("no kubectl is installed")
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder) / "config"
        configuration.write_text(_NOBODY, encoding="utf-8")
        ended = subprocess.run(
            ["kubectl", *words],
            cwd=REPOSITORY,
            env=os.environ | {"KUBECONFIG": str(configuration)},
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=False,
        )
    assert "refused" in ended.stderr, f"kubectl {' '.join(words)}: {ended.stderr}"
