"""The command ``discovery-compare``, also ``python -m compare``: it starts ``compare.cli``, or says what that lacks."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; where a package that it needs is not installed, say so in one line and exit with 2."""
    try:
        from compare.cli import main as command  # noqa: PLC0415 - only here can what is missing be told
    except ModuleNotFoundError as error:
        lacks = f"a package that is not installed ({error})"
        sys.stderr.write(f'Error: discovery-compare needs {lacks}; try: pip install "discovery-compare[compare]"\n')
        sys.exit(2)
    command(prog_name="discovery-compare")


if __name__ == "__main__":
    main()
