"""``python -m compare``: the command ``discovery-compare``."""

from compare.cli import main

if __name__ == "__main__":
    main(prog_name="discovery-compare")
