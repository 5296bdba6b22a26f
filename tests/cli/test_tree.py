import pytest
from rich.cells import cell_len
from rich.console import Console

from dreamcode.cli.tree import DrawnTree
from dreamcode.codec import encode
from dreamcode.policies.policy import Answer, Ending, Proposal, Usage
from dreamcode.runs.journal import Record
from dreamcode.runs.trace import Trace
from dreamcode_sandbox.cases import Report, TestResult
from dreamcode_sandbox.verdicts import Verdict
from tests.search.programs import GUARD, MAIN, READ

TWICE = "def double(n):\n    return 2 * n\n" + GUARD
SQUARE = "def double(n):\n    return n * n\n" + GUARD


def record(kind: str, asked: dict[str, object], answer: object = None) -> Record:
    return Record(kind, "key", 0.0, asked, encode(answer) if answer is not None else None)


def answer(
    prefix: str, text: str, ending: Ending = Ending.STEP, until: str = "step", calls: int = 1
) -> Record:
    tokens = 10 if until == "step" else len(text)
    proposal = Proposal(text, ending, tokens, -tokens / 2, tokens)
    sample = Answer(proposal, Usage(calls, 100 * calls, tokens))
    return record("write", {"prefix": prefix, "until": until}, sample)


def feed(trace: Trace, prefix: str, *texts: str, ending: Ending = Ending.STEP) -> None:
    """Samples that shared a call."""
    for place, text in enumerate(texts):
        trace.feed(answer(prefix, text, ending, calls=0 if place else 1))


def report(program: str, verdict: Verdict) -> Record:
    return record("run", {"program": program}, Report(verdict, (TestResult(verdict),), 1))


def score(
    *steps: str,
    rewards: list[float | None],
    aggregation: str = "last",
    model: str = "taste",
    origins: list[int] | None = None,
) -> Record:
    asked: dict[str, object] = {"model": model, "steps": steps, "aggregation": aggregation}
    return record("score", asked | ({"origins": origins} if origins else {}), rewards)


def prune(*steps: str, reason: str) -> Record:
    return record("prune", {"steps": steps, "reason": reason})


def drawn(trace: Trace, lines: int = 20, width: int = 100) -> list[str]:
    console = Console(width=width, record=True, force_terminal=False)
    with console.capture() as capture:
        console.print(DrawnTree(trace, lines))
    text = capture.get()
    assert all(cell_len(line) <= width for line in text.splitlines())
    return [line.rstrip() for line in text.splitlines()]


def branches(trace: Trace, lines: int = 20, width: int = 100) -> list[str]:
    """The lines between the title and the legend."""
    shown = drawn(trace, lines, width)
    return [line for line in shown if line[0] in "│├└ " and not line.startswith("  ·")]


def grown() -> Trace:
    trace = Trace()
    feed(trace, "", MAIN, MAIN, MAIN)
    feed(trace, MAIN, READ, READ, READ)
    feed(trace, MAIN + READ, TWICE, SQUARE, SQUARE, ending=Ending.PROGRAM)
    return trace


def test_samples_with_the_same_text_are_one_branch() -> None:
    assert drawn(grown()) == [
        "functions written so far",
        "└ ×3  main 0.61 → read_number 0.61",
        "  ├ finished  double 0.61",
        "  └ finished  ×2  double 0.61",
        "numbers: likelihood per token · ×2: samples with the same text",
    ]


def test_a_program_in_one_answer_grows_the_branches_that_its_steps_would() -> None:
    trace = Trace()
    for program in (TWICE, SQUARE, SQUARE):
        trace.feed(answer("", MAIN + READ + program, Ending.PROGRAM, "program"))
    assert drawn(trace) == drawn(grown())
    assert trace.calls == 3
    assert trace.tokens == sum(map(len, (TWICE, SQUARE, SQUARE))) + 3 * len(MAIN + READ)


def test_the_rest_of_a_class_grows_behind_what_was_there() -> None:
    trace = Trace("f")
    head = "class Solution:\n    def f(self):\n        return self.g()\n\n"
    rest = "    def g(self):\n        return self.h()\n\n    def h(self):\n        return 1\n"
    trace.feed(answer("", head))
    trace.feed(answer(head, rest, Ending.PROGRAM, "program"))
    assert branches(trace) == ["└ finished  f 0.61 → g 0.61 → h 0.61"]


def test_verdicts_mark_their_branches_whichever_comes_first() -> None:
    late, early = grown(), Trace()
    for trace in (late, early):
        trace.feed(report(MAIN + READ + TWICE, Verdict.ACCEPTED))
        trace.feed(report(MAIN + READ + SQUARE, Verdict.WRONG_ANSWER))
    feed(early, "", MAIN)
    feed(early, MAIN, READ)
    feed(early, MAIN + READ, TWICE, SQUARE, ending=Ending.PROGRAM)
    for trace in (late, early):
        assert [line.split("double")[0].strip(" │├└×2") for line in branches(trace)[1:]] == [
            "✓ 1/1",
            "✗ 0/1 wrong answer",
        ]
        assert trace.programs == 2
    assert (late.tokens, late.calls) == (90, 3)


def test_a_small_window_shows_how_much_it_does_not_show() -> None:
    trace = Trace()
    names = [f"def f{number}():\n    pass\n\n\n" for number in range(9)]
    feed(trace, "", *names)
    assert len(drawn(trace, lines=7)) == 7
    assert branches(trace, lines=7)[-1] == "└ … 5 more branches"


def test_a_step_that_did_not_fit_is_marked() -> None:
    trace = Trace()
    feed(trace, "", "def main():\n    x =", ending=Ending.LENGTH)
    assert "✂ step too long" in branches(trace)[0]


OTHER = "def main():\n    print(2 * int(input()))\n\n\n"


def test_rewards_and_likelihoods_never_stand_side_by_side() -> None:
    trace = grown()
    trace.feed(score(MAIN, READ, TWICE, rewards=[0.9, None, 0.75]))
    assert drawn(trace)[1:] == [
        "└ ×3  main 0.90 → read_number",
        "  ├ finished  double 0.75",
        "  └ finished  ×2  double",
        "numbers: reward so far, by taste · ×2: samples with the same text",
    ]
    likely = grown()
    likely.feed(score(MAIN, READ, TWICE, rewards=[0.9, 0.7, 0.1], model="likelihood"))
    assert drawn(likely)[-1].startswith("numbers: likelihood per token so far · ")
    assert not any("▼" in line for line in drawn(likely))
    nobody = grown()
    nobody.feed(score(MAIN, READ, TWICE, rewards=[None, None, None], model="none"))
    assert drawn(nobody) == drawn(grown())


def test_dropped_branches_say_why_with_the_number_that_decided_and_come_last() -> None:
    trace = Trace()
    feed(trace, "", OTHER, MAIN)
    trace.feed(score(MAIN, rewards=[0.5], aggregation="product"))
    trace.feed(score(OTHER, rewards=[0.4], aggregation="product"))
    feed(trace, MAIN, READ, TWICE)
    trace.feed(score(MAIN, READ, rewards=[0.5, 0.48], aggregation="product"))
    trace.feed(prune(MAIN, READ, reason="outranked"))
    assert branches(trace) == [
        "├ …  main 0.40",
        "└ main 0.50",
        "  ├ …  double",
        "  └ ✂ outranked, product 0.24  read_number 0.48",
    ]
    trace.feed(prune(OTHER, reason="budget"))
    assert branches(trace)[0] == "├ main 0.50"
    assert branches(trace)[-1] == "└ ✂ budget, product 0.40  main 0.40"
    assert drawn(trace)[-1].endswith(" · ✂ dropped, and why · … being written")


def test_a_number_that_is_shown_already_is_not_repeated() -> None:
    trace = Trace()
    feed(trace, "", MAIN)
    trace.feed(score(MAIN, rewards=[0.4]))
    trace.feed(prune(MAIN, reason="outranked"))
    assert branches(trace) == ["└ ✂ outranked  main 0.40"]


def test_a_branch_is_dropped_only_when_all_its_samples_are() -> None:
    trace = Trace()
    feed(trace, "", MAIN, MAIN, MAIN, OTHER)
    for _ in range(2):
        trace.feed(prune(MAIN, reason="duplicate"))
    trace.feed(prune(OTHER, reason="duplicate"))
    assert branches(trace) == ["├ …  ×3  main 0.61", "└ ✂ duplicate  main 0.61"]
    trace.feed(prune(MAIN, reason="outranked"))  # the one that stood for all three
    assert branches(trace)[0] == "├ ✂ outranked  ×3  main 0.61"


def test_the_function_with_which_the_reward_falls_is_marked() -> None:
    trace = grown()
    trace.feed(score(MAIN, READ, TWICE, rewards=[0.3, 0.35, 0.1]))
    trace.feed(score(MAIN, READ, SQUARE, rewards=[0.3, 0.35, 0.34]))
    assert branches(trace)[1:] == ["  ├ finished  double ▼0.10", "  └ finished  ×2  double 0.34"]
    assert "▼ the reward falls here" in drawn(trace)[-1]


def test_recombined_programs_tell_which_sample_each_function_is_from() -> None:
    trace = Trace()
    for number, last in ((1, TWICE), (2, SQUARE)):
        trace.feed(answer("", (MAIN, OTHER)[number - 1] + READ + last, Ending.PROGRAM, "program"))
    trace.feed(score(MAIN, READ, TWICE, rewards=[0.4, 0.4, 0.4], origins=[1, 1, 1]))
    trace.feed(score(OTHER, READ, SQUARE, rewards=[0.5, 0.5, 0.5], origins=[2, 2, 2]))
    trace.feed(report(OTHER + READ + TWICE, Verdict.ACCEPTED))  # told before it is scored
    trace.feed(score(OTHER, READ, TWICE, rewards=[0.5, 0.5, 0.9], origins=[2, 2, 1]))
    assert drawn(trace)[1:] == [
        "├ finished  sample 1  main 0.40 → read_number 0.40 → double 0.40",
        "└ main 0.50 → read_number 0.50",
        "  ├ finished  sample 2  double 0.50",
        "  └ ✓ 1/1  recombined  double 0.90 from sample 1",
        "numbers: reward so far, by taste · recombined: functions of several samples",
        "  · ✓ ✗ public tests passed",
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_nothing_is_lost_at_any_width(width: int) -> None:
    trace = Trace()
    names = [
        *(f"read_all_{number}" for number in range(12)),
        "a_name_that_is_longer_than_any_window_has_room_for_" * 3,
        "計算する関数の名前がとても長い場合" * 4,
    ]
    texts = [f"def {name}():\n    pass\n\n\n" for name in names]
    trace.feed(answer("", "".join(texts), Ending.PROGRAM, "program"))
    trace.feed(score(*texts, rewards=[0.5] * len(texts), model="hf/" + "long" * 20))
    shown = "".join("".join(line.lstrip("├└│ ") for line in drawn(trace, 60, width)).split())
    assert all(name in shown for name in names)
    assert shown.count("0.50") == len(names)
    assert "by" + "hf/" + "long" * 20 in shown


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_a_window_holds_what_there_is_room_for(width: int) -> None:
    trace = Trace()
    place = ""
    for depth in range(30):  # deeper than a narrow window can indent
        steps = [f"def step_{depth}_{way}():\n    pass\n\n\n" for way in (0, 1)]
        feed(trace, place, *steps)
        place += steps[0]
    for height in (10, 24, 100):
        lines = drawn(trace, height, width)
        assert len(lines) <= height
        shown = sum("step_" in line for line in lines)
        hidden = [line for line in lines if "more branch" in line]
        assert shown == 60 or len(hidden) == 1
