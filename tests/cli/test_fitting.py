"""Tables in pipes and in narrow terminals."""

import io

import pytest
from rich.console import Console

from dreamcode.bench.measures import measure
from dreamcode.cli.bench.tables import print_measures
from dreamcode.policies.policy import Usage
from dreamcode.results import Grade, Program, Result
from dreamcode_sandbox.verdicts import Verdict


def results(n: int) -> list[Result]:
    def program(at: int) -> Program:
        verdict = Verdict.ACCEPTED if at % 3 else Verdict.WRONG_ANSWER
        return Program((f"print({at})\n",), grade=Grade(verdict))

    return [
        Result(
            problem=f"p{at}",
            title="",
            statement="",
            starter_code="",
            function=None,
            difficulty=("easy", "medium", "hard")[at % 3],
            platform=("atcoder", "leetcode")[at % 2],
            samples=n,
            programs=tuple(map(program, range(n))),
            spent=Usage(),
        )
        for at in range(6)
    ]


def printed(n: int, **options: int | bool) -> str:
    console = Console(file=io.StringIO(), **options)  # type: ignore[arg-type]
    print_measures(measure(results(n), resamples=50), console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("n", [1, 10, 186])
def test_a_pipe_gets_every_column_whole(n: int) -> None:
    text = printed(n, width=80)
    assert "…" not in text
    wanted = ["chosen", *(f"pass@{k}" for k in (1, 5, 10, 25, 50, 100) if k <= n)]
    assert all(name in text for name in wanted)


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_a_terminal_gets_what_fits_and_the_choice_first(width: int) -> None:
    text = printed(186, width=width, force_terminal=True, color_system=None)
    assert "…" not in text
    assert all(len(line) <= width for line in text.splitlines())
    assert "difficulty" in text
    assert "chosen" in text
    assert ("pass@100" in text) is False
