"""What a run amounts to: medians, ratios, goals, its JSON form and its reports."""

from __future__ import annotations

import io

import pytest
from msgspec.structs import replace

from compare.bench.forms import FORMS
from compare.bench.goals import reached
from compare.bench.reports import html, plots, terminal, words
from compare.bench.reports.scales import Log, Nines
from compare.bench.run import BenchRun, Machine, Measurement, Observation, Sample, TargetInfo, UnreadableRun, summed_up
from compare.bench.runner import limits
from compare.bench.schedule import works

CURVE = ((0.5, 0.001), (0.99, 0.01), (1.0, 0.02))
OWN = TargetInfo("facade", "Consul 1.21.4", "started here", "consul")
DEV = TargetInfo("consul-dev", "Consul 1.8.7", "a dev agent", "consul", reference=True)
SERVER = TargetInfo("consul-server", "Consul 1.8.7", "a server", "consul", reference=True)


def of(work: str, target: str, size: int = 100, **values: float) -> Measurement:
    samples = {metric: Sample(value, value, value, 1) for metric, value in values.items()}
    return Measurement(work, size, target, samples, CURVE)


def failed(work: str, target: str, problem: str, size: int = 100) -> Measurement:
    return Measurement(work, size, target, problem=problem)


def run_of(*measurements: Measurement, targets: tuple[TargetInfo, ...] = (OWN, DEV, SERVER)) -> BenchRun:
    return BenchRun(
        started="2026-01-01T00:00:00+00:00",
        seconds=12.0,
        form=FORMS["full"],
        machine=Machine("Linux", "x86_64", 2, 8_000_000_000, "3.11.7"),
        generator="wrk 4.1.0",
        targets=targets,
        works=works(FORMS["full"]),
        measurements=measurements,
    )


def test_rounds_become_medians_with_their_range() -> None:
    rounds = [
        Observation("w", 1, "t", {"per_second": value}, ((0.5, value), (1.0, 9.0)), answered=10)
        for value in (4.0, 1.0, 2.0)
    ]
    (found,) = summed_up(rounds)
    assert found.values["per_second"] == Sample(2.0, 1.0, 4.0, 3)
    assert found.values["per_second"].spread == 0.75
    assert found.curve == ((0.5, 2.0), (1.0, 9.0))
    assert found.answered == 30


def test_one_bad_round_is_the_problem_of_all() -> None:
    good = Observation("w", 1, "t", {"per_second": 4.0})
    (found,) = summed_up([good, Observation("w", 1, "t", problem="refused: 3"), good])
    assert found.problem == "refused: 3"
    assert found.values == {}


def test_each_row_is_judged_against_the_faster_mode() -> None:
    run = run_of(
        of("heartbeat", "facade", per_second=600, p99=0.002),
        of("heartbeat", "consul-dev", per_second=100, p99=0.004),
        of("heartbeat", "consul-server", per_second=200, p99=0.008),
    )
    assert run.ratio("heartbeat", 100, "facade", "per_second") == 3
    assert run.ratio("heartbeat", 100, "facade", "p99") == 2
    assert run.ratio("heartbeat", 100, "consul-dev", "per_second") == 0.5
    assert words.cell(run, ("heartbeat", 100, "facade"), "per_second") == "600/s 3.0×"
    assert words.cell(run, ("heartbeat", 100, "consul-server"), "per_second") == "200/s *"


@pytest.mark.parametrize("problem", ["refused: 5 of 20 connections were closed", "not measured: it was late"])
def test_no_ratio_is_made_of_what_was_not_measured(problem: str) -> None:
    alone = run_of(of("heartbeat", "facade", per_second=600), failed("heartbeat", "consul-dev", problem))
    assert alone.ratio("heartbeat", 100, "facade", "per_second") is None
    other_way = run_of(failed("heartbeat", "facade", problem), of("heartbeat", "consul-dev", per_second=6))
    assert other_way.ratio("heartbeat", 100, "facade", "per_second") is None
    assert words.cell(other_way, ("heartbeat", 100, "facade"), "per_second") == problem.partition(":")[0]


def judged(run: BenchRun) -> dict[str, tuple[float | None, bool | None, int, str]]:
    return {one.goal.title: (one.measured, one.reached, one.size, one.missing) for one in reached(run)}


@pytest.mark.parametrize(("rate", "hit"), [(249.0, False), (250.0, True)])
def test_a_goal_is_reached_at_its_limit(rate: float, hit: bool) -> None:  # noqa: FBT001 - a table
    run = run_of(
        of("discover-1", "facade", per_second=rate, p99=1), of("discover-1", "consul-dev", per_second=100, p99=1)
    )
    assert judged(run)["discover, 1 instance"] == (rate / 100, hit, 100, "")
    assert judged(run)["discover, 1 instance: p99 no higher"][1] is True


def test_a_ratio_is_taken_at_the_largest_common_size() -> None:
    run = run_of(
        of("register-new", "facade", 100, per_second=900),
        of("register-new", "facade", 1000, per_second=800),
        of("register-new", "facade", 5000, per_second=700),
        of("register-new", "consul-dev", 100, per_second=90),
        of("register-new", "consul-dev", 1000, per_second=8),
        failed("register-new", "consul-dev", "not measured: 4,000 of 5,000 instances after 120 s", 5000),
    )
    found = judged(run)
    assert found["register new at 5,000 instances"] == (100.0, True, 1000, "")
    assert found["register new at 5,000, against its own when empty"][0] == pytest.approx(900 / 700)
    assert found["register new at 5,000, against its own when empty"][1] is True


def test_a_goal_at_a_size_that_the_form_has_not_is_unknown() -> None:
    run = run_of(of("fill", "facade", 100, memory=10), of("fill", "consul-dev", 100, memory=90))
    assert judged(run)["memory at 10,000 instances"] == (None, None, 0, "not in this form")


def test_absolute_limits_need_no_reference() -> None:
    run = run_of(of("start", "facade", 0, seconds=0.39), of("lapses-1000", "facade", p99=0.051), targets=(OWN,))
    found = judged(run)
    assert found["start to first answer"][:2] == (0.39, True)
    assert found["lateness of a lapse, 1,000 at once: 99 %"][:2] == (0.051, False)
    assert found["heartbeat"][1] is None


def test_exit_codes() -> None:
    assert run_of(failed("heartbeat", "consul-dev", "refused: 3")).exit_code == 0
    assert run_of(failed("heartbeat", "facade", "wrong answers: 3")).exit_code == 1
    assert run_of(targets=(replace(OWN, failure="no program"),)).exit_code == 3
    assert replace(run_of(), interrupted=True).exit_code == 130


def test_json_keeps_everything() -> None:
    run = run_of(
        of("heartbeat", "facade", per_second=600),
        failed("mix", "facade", "refused: \ud800 é".encode("utf-8", "replace").decode()),
    )
    assert BenchRun.from_json(run.to_json()) == run
    assert '"schema": 1' in run.to_json()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 1}'])
def test_what_is_no_run_is_refused(text: str) -> None:
    with pytest.raises(UnreadableRun, match="no run of a bench"):
        BenchRun.from_json(text)


def test_another_schema_is_refused() -> None:
    with pytest.raises(UnreadableRun, match="schema 2"):
        BenchRun.from_json(replace(run_of(), schema=2).to_json())


def test_a_generator_near_its_ceiling_is_told() -> None:
    ceiling = of("heartbeat", "ceiling", per_second=1000)
    assert list(limits([ceiling, of("heartbeat", "facade", per_second=600)])) == []
    near = [of("heartbeat", name, per_second=800) for name in ("facade", "custom")]
    (told,) = limits([ceiling, *near])
    assert f"heartbeat at {near[0].size:,} on facade and custom" in told
    busy = replace(of("heartbeat", "facade", per_second=1), limited=True)
    assert len(list(limits([ceiling, busy]))) == 1


def full_run() -> BenchRun:
    names = ("facade", "consul-dev", "consul-server")
    rates = [
        of(work.name, name, size, per_second=1000.0 * place + size, p99=0.001)
        for work in works(FORMS["full"])
        if work.metrics[0] == "per_second"
        for place, name in enumerate(names, 1)
        for size in (100, 1000)
    ]
    crowds = [of("waiting-5000", name, last=0.1, median=0.05, first=0.01, memory_each=9e3) for name in names]
    fills = [of("fill", name, size, memory=1e6 * size, seconds=1.0) for name in names for size in (100, 1000)]
    evil = failed("lapses-1000", "facade", "not measured: <script>alert(1)</script>\x1b[31m")
    return replace(run_of(*rates, *crowds, *fills, evil), notes=("<b>note</b>",))


def test_the_page_needs_nothing_else_and_escapes_everything() -> None:
    page = html.render(full_run())
    assert "<script" not in page
    assert "\x1b" not in page
    assert "&lt;b&gt;note&lt;/b&gt;" in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert page.count("<polyline") == 3 * (11 + 11 + 1 + 1)  # latency, growth, memory, the waiting
    assert "Answers a second" in page
    assert 'rowspan="' in page


def test_the_terminal_shows_every_work_goal_and_reason() -> None:
    stream = io.StringIO()
    terminal.show(full_run(), stream, width=200)
    shown = stream.getvalue()
    for work in works(FORMS["full"]):
        assert work.title in shown or not full_run().sizes(work.name)
    assert "\x1b" not in shown
    assert "lapses-1000 at 100 on facade: not measured: <script>" in shown
    assert "discover, 10 instances" in shown
    assert "missed" in shown


def test_without_a_reference_there_are_no_goals() -> None:
    stream = io.StringIO()
    terminal.show(replace(full_run(), targets=(OWN,)), stream, width=200)
    assert "to be reached" not in stream.getvalue()


def test_an_empty_run_can_be_shown() -> None:
    run = run_of(targets=())
    terminal.show(run, io.StringIO())
    assert html.render(run)
    assert plots.throughput(run, 100) is None


@pytest.mark.parametrize(
    ("values", "low", "high", "labels"),
    [
        ([3.0, 40.0], 2, 50, ["2", "5", "10", "20", "50"]),
        ([1.0], 1, 10, ["1", "2", "5", "10"]),
        ([2.0, 200.0], 2, 200, ["2", "5", "10", "20", "50", "100", "200"]),
        ([2.0, 500.0], 2, 500, ["10", "100"]),  # more would run into each other
        ([0.0, 1.0, 1e6], 1, 1e6, ["1", "10", "100", "1000", "10000", "100000", "1000000"]),
        ([], 1, 10, ["1", "2", "5", "10"]),
    ],
)
def test_logarithmic_axes(values: list[float], low: float, high: float, labels: list[str]) -> None:
    scale = Log.over(values, lambda value: f"{value:.0f}")
    assert scale.low == pytest.approx(low)
    assert scale.high == pytest.approx(high)
    assert [label for _, label in scale.ticks()] == labels
    assert scale.place(scale.low) == 0
    assert scale.place(scale.high) == pytest.approx(1)
    assert scale.place(0) == 0


def test_each_nine_has_the_same_room() -> None:
    scale = Nines()
    assert scale.place(0.99) - scale.place(0.9) == pytest.approx(scale.place(0.999) - scale.place(0.99))
    assert scale.place(1.0) == 1


@pytest.mark.parametrize(
    ("metric", "number", "text"),
    [
        ("per_second", 12345.6, "12,346/s"),
        ("p99", 0.0000123, "12 µs"),
        ("p99", 0.0123, "12.3 ms"),
        ("p99", 999.0, "999 s"),
        ("memory", 54_300_000, "54 MB"),
        ("memory_each", 2300, "2.3 kB"),
    ],
)
def test_values_have_units(metric: str, number: float, text: str) -> None:
    assert words.value(metric, number) == text
