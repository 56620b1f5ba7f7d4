"""What a probe's limits are, and how many results in a row move a check."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_registry.core.probes import GrpcHealthCheck, HttpRequest, Probe, TcpConnect, Thresholds
from discovery.model import Health

PASS, WARN, FAIL = Health.PASSING, Health.WARNING, Health.CRITICAL


def shown(thresholds: Thresholds, results: list[Health]) -> list[Health | None]:
    """Return what each result made of the check; None where it left it alone."""
    streak = thresholds.beginning
    made = []
    for result in results:
        streak, health = thresholds.judge(streak, result)
        made.append(health)
    return made


@pytest.mark.parametrize(
    ("thresholds", "results", "expected"),
    [
        pytest.param((0, 0, 0), [FAIL, PASS, WARN, FAIL], [FAIL, PASS, WARN, FAIL], id="without any, each counts"),
        pytest.param((1, 1, 1), [FAIL, PASS, WARN, FAIL], [FAIL, PASS, WARN, FAIL], id="1 is as good as none"),
        # The next four ran against Consul 1.8.7, an HTTP check each, and were written down as it showed them.
        pytest.param(
            (2, 0, 3), [FAIL, FAIL, FAIL, PASS, PASS, PASS], [FAIL, FAIL, FAIL, None, PASS, PASS], id="fails at first"
        ),
        pytest.param(
            (3, 0, 2),
            [PASS, PASS, PASS, FAIL, PASS, FAIL, FAIL, PASS],
            [PASS, PASS, PASS, None, None, None, FAIL, None],
            id="passes at first",
        ),
        pytest.param(
            (2, 0, 1),
            [WARN, WARN, FAIL, PASS, WARN, PASS],
            [WARN, WARN, FAIL, None, WARN, PASS],
            id="a warning is a success",
        ),
        pytest.param(
            (0, 0, 3),
            [FAIL, PASS, FAIL, FAIL, FAIL, PASS],
            [FAIL, PASS, None, None, FAIL, PASS],
            id="failures only",
        ),
        # Consul's own test of the newer threshold: agent/checks/check_test.go.
        pytest.param(
            (2, 2, 3),
            [PASS, FAIL, FAIL, FAIL, PASS, PASS],
            [PASS, None, WARN, FAIL, None, PASS],
            id="a warning before it is critical",
        ),
        pytest.param((0, 5, 2), [PASS, FAIL, FAIL], [PASS, None, FAIL], id="critical comes first"),
    ],
)
def test_how_many_results_in_a_row_it_takes(
    thresholds: tuple[int, int, int], results: list[Health], expected: list[Health | None]
) -> None:
    successes, before_warning, before_critical = thresholds
    given_thresholds = Thresholds(
        success_before_passing=successes,
        failures_before_warning=before_warning,
        failures_before_critical=before_critical,
    )
    assert shown(given_thresholds, results) == expected


few = st.integers(min_value=0, max_value=4)
some_thresholds = st.builds(
    Thresholds, success_before_passing=few, failures_before_warning=few, failures_before_critical=few
)
some_results = st.lists(st.sampled_from(list(Health)), max_size=30)


@given(some_thresholds, some_results)
def test_the_first_result_always_counts(thresholds: Thresholds, results: list[Health]) -> None:
    made = shown(thresholds, results)
    assert made[:1] == results[:1]


@given(some_thresholds, some_results)
def test_a_result_counts_once_its_run_is_long_enough(thresholds: Thresholds, results: list[Health]) -> None:
    for place, made in enumerate(shown(thresholds, results)):
        failed = results[place] is FAIL
        run = 0
        while run <= place and (results[place - run] is FAIL) == failed:
            run += 1
        since_the_start = run > place
        if not failed:
            counts = since_the_start or run >= thresholds.success_before_passing
            assert made == (results[place] if counts else None)
        elif since_the_start or run >= thresholds.failures_before_critical:
            assert made is FAIL
        else:
            enough = run >= (thresholds.failures_before_warning or thresholds.failures_before_critical)
            assert made is (WARN if enough else None)


@pytest.mark.parametrize(("timeout", "limit"), [(0.0, 10.0), (-1.0, 10.0), (0.5, 0.5), (60.0, 60.0)])
def test_a_run_has_ten_seconds_unless_the_check_says_otherwise(timeout: float, limit: float) -> None:
    assert Probe(action=TcpConnect(address="a:1"), interval=1.0, timeout=timeout).time_limit == limit


@pytest.mark.parametrize(("size", "limit"), [(0, 4096), (-1, 4096), (100, 100), (4096, 4096), (10_000, 4096)])
def test_of_a_body_4096_bytes_are_kept_unless_the_check_wants_less(size: int, limit: int) -> None:
    assert Probe(action=HttpRequest(url="http://a"), interval=1.0, output_max_size=size).output_limit == limit


def test_a_probe_is_shown_by_its_kind() -> None:
    actions = (HttpRequest(url="http://a"), TcpConnect(address="a:1"), GrpcHealthCheck(target="a:1"))
    assert [Probe(action=action, interval=1.0).kind for action in actions] == ["http", "tcp", "grpc"]
