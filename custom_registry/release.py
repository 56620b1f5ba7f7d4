"""Which release of the program this is: the one place that says so, for the package too; it knows nothing else.

To ask the installed package instead would be a twentieth of the time from the start to the first answer.
"""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.1.0"
