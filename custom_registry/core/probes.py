"""What HTTP, TCP and gRPC checks do, and how many results in a row count: frozen values; no socket, no clock.

Read from Consul's documentation and seen on 1.8.7. ``failures_before_warning`` and the TLS of a TCP check are younger:
what they do was read in Consul's source only, and seen on no agent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from discovery.model import Health

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_TIMEOUT = 10.0  # seconds
DEFAULT_OUTPUT_MAX_SIZE = 4096  # bytes


class Tls(Struct, frozen=True, kw_only=True):
    """How a server's certificate is looked at.

    Args:
        skip_verify: take any certificate.
        server_name: the name to ask for and to find in it; empty for the host of the URL or address.
    """

    skip_verify: bool = False
    server_name: str = ""


class HttpRequest(Struct, frozen=True, kw_only=True):
    """One request: any 2xx passes, 429 warns, everything else is critical.

    Args:
        url: as it was given; it may be nonsense, which each run then says.
        method: sent and shown as it was given; empty for GET.
        header: name to values. ``Host``, ``User-Agent`` and ``Accept`` replace the check's own.
        body: sent with any method.
        disable_redirects: take a redirect for the answer.
        tls: used by https only.
    """

    url: str
    method: str = ""
    header: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    body: str = ""
    disable_redirects: bool = False
    tls: Tls = Tls()

    kind = "http"

    def __hash__(self) -> int:
        """Return the hash of all but the header, which has none."""
        return hash((self.url, self.method, self.body, self.disable_redirects, self.tls))


class TcpConnect(Struct, frozen=True, kw_only=True):
    """One connection, closed at once: it passes, or is critical.

    Args:
        address: ``host:port`` as it was given; it may be nonsense, which each run then says.
        tls: how to greet by TLS too; None to be content with the connection.
    """

    address: str
    tls: Tls | None = None

    kind = "tcp"


class GrpcHealthCheck(Struct, frozen=True, kw_only=True):
    """One call of ``grpc.health.v1.Health/Check``: SERVING passes, everything else is critical.

    Args:
        target: ``host:port`` or ``host:port/service`` as it was given.
        tls: None for a connection in the clear.
    """

    target: str
    tls: Tls | None = None

    kind = "grpc"


Action = HttpRequest | TcpConnect | GrpcHealthCheck


class Result(Struct, frozen=True):
    """How one run of a probe ended, and what it says of it."""

    health: Health
    output: str


class Streak(Struct, frozen=True):
    """How many successes or failures came last; see ``Thresholds.beginning`` for the one before any result."""

    successes: int = 0
    failures: int = 0


class Thresholds(Struct, frozen=True, kw_only=True):
    """How many results in a row it takes to move a check; 0 and 1 both mean the first.

    The very first result of a probe counts whatever the thresholds, and a warning counts as a success (both seen on
    1.8.7).

    Args:
        success_before_passing: successes before one is believed.
        failures_before_warning: failures before they are shown as a warning; 0 for as many as make it critical.
        failures_before_critical: failures before they are shown as critical.
    """

    success_before_passing: int = 0
    failures_before_warning: int = 0
    failures_before_critical: int = 0

    @property
    def beginning(self) -> Streak:
        """The streak of a probe that has not run yet: both thresholds count as reached."""
        return Streak(self.success_before_passing, self.failures_before_critical)

    def judge(self, streak: Streak, health: Health) -> tuple[Streak, Health | None]:
        """Take one more result.

        Args:
            streak: of all results before.
            health: the result's.

        Returns:
            The streak with the result, and what the check now is; None where it stays what it was, output included.
        """
        if health is not Health.CRITICAL:
            streak = Streak(successes=streak.successes + 1)
            return streak, health if streak.successes >= self.success_before_passing else None
        streak = Streak(failures=streak.failures + 1)
        if streak.failures >= self.failures_before_critical:
            return streak, Health.CRITICAL
        before_warning = self.failures_before_warning or self.failures_before_critical
        return streak, Health.WARNING if streak.failures >= before_warning else None


class Probe(Struct, frozen=True, kw_only=True):
    """What a check does again and again.

    Args:
        action: one run.
        interval: seconds from the end of a run to the beginning of the next, as it was given; whoever runs it has a
            shortest one.
        timeout: seconds that a run may take, as it was given; see ``time_limit``.
        thresholds: how many results in a row count.
        output_max_size: bytes of a body that are kept, as it was given; see ``output_limit``.
    """

    action: Action
    interval: float
    timeout: float = 0.0
    thresholds: Thresholds = Thresholds()
    output_max_size: int = 0

    @property
    def kind(self) -> str:
        """``http``, ``tcp`` or ``grpc``, the type by which Consul shows the check."""
        return self.action.kind

    @property
    def time_limit(self) -> float:
        """Seconds that a run may take: what was given, where it is above 0."""
        return self.timeout if self.timeout > 0 else DEFAULT_TIMEOUT

    @property
    def output_limit(self) -> int:
        """Bytes of a body that are kept: what was given, where it is above 0 and below the agent's own limit."""
        given = self.output_max_size
        return min(given, DEFAULT_OUTPUT_MAX_SIZE) if given > 0 else DEFAULT_OUTPUT_MAX_SIZE
