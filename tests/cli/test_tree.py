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


def score(*steps: str, rewards: list[float | None], aggregation: str = "last") -> Record:
    return record("score", {"steps": steps, "aggregation": aggregation}, rewards)


def prune(*steps: str, reason: str) -> Record:
    return record("prune", {"steps": steps, "reason": reason})


def drawn(trace: Trace, lines: int = 20, width: int = 100) -> list[str]:
    console = Console(width=width, record=True, force_terminal=False)
    with console.capture() as capture:
        console.print(DrawnTree(trace, lines))
    return [line.rstrip() for line in capture.get().splitlines()][1:]


def grown() -> Trace:
    trace = Trace()
    feed(trace, "", MAIN, MAIN, MAIN)
    feed(trace, MAIN, READ, READ, READ)
    feed(trace, MAIN + READ, TWICE, SQUARE, SQUARE, ending=Ending.PROGRAM)
    return trace


def test_samples_with_the_same_text_are_one_branch() -> None:
    assert drawn(grown()) == [
        "└──   ×3  main 0.61 → read_number 0.61",
        "    ├── finished  double 0.61",
        "    └── finished  ×2  double 0.61",
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
    assert drawn(trace) == ["└── finished  f 0.61 → g 0.61 → h 0.61"]


def test_verdicts_mark_their_branches_whichever_comes_first() -> None:
    late, early = grown(), Trace()
    for trace in (late, early):
        trace.feed(report(MAIN + READ + TWICE, Verdict.ACCEPTED))
        trace.feed(report(MAIN + READ + SQUARE, Verdict.WRONG_ANSWER))
    feed(early, "", MAIN)
    feed(early, MAIN, READ)
    feed(early, MAIN + READ, TWICE, SQUARE, ending=Ending.PROGRAM)
    for trace in (late, early):
        assert [line.split("double")[0].strip(" │├└─×2") for line in drawn(trace)[1:]] == [
            "✓ 1/1",
            "✗ 0/1 wrong answer",
        ]
        assert trace.programs == 2
    assert (late.tokens, late.calls) == (90, 3)


def test_a_small_window_shows_how_much_it_does_not_show() -> None:
    trace = Trace()
    names = [f"def f{number}():\n    pass\n\n\n" for number in range(9)]
    feed(trace, "", *names)
    assert drawn(trace, lines=4)[-1] == "└── … 5 more branches"


def test_a_step_that_did_not_fit_is_marked() -> None:
    trace = Trace()
    feed(trace, "", "def main():\n    x =", ending=Ending.LENGTH)
    assert "✂ step too long" in drawn(trace)[0]


OTHER = "def main():\n    print(2 * int(input()))\n\n\n"


def test_functions_show_their_reward_and_their_likelihood_where_there_is_none() -> None:
    trace = grown()
    trace.feed(score(MAIN, READ, TWICE, rewards=[0.9, None, 0.75]))
    assert drawn(trace) == [
        "└──   ×3  main 0.90 → read_number 0.61",
        "    ├── finished  double 0.75",
        "    └── finished  ×2  double 0.61",
    ]


def test_dropped_branches_say_why_with_the_reward_of_their_chain_and_come_last() -> None:
    trace = Trace()
    feed(trace, "", OTHER, MAIN)
    trace.feed(score(MAIN, rewards=[0.5], aggregation="product"))
    trace.feed(score(OTHER, rewards=[0.4], aggregation="product"))
    feed(trace, MAIN, READ, TWICE)
    trace.feed(score(MAIN, READ, rewards=[0.5, 0.24], aggregation="product"))
    trace.feed(prune(MAIN, READ, reason="outranked"))
    assert drawn(trace) == [
        "├── …  main 0.40",
        "└──   main 0.50",
        "    ├── …  double 0.61",
        "    └── ✂ outranked 0.12  read_number 0.24",
    ]
    trace.feed(prune(OTHER, reason="budget"))
    assert drawn(trace)[0] == "├──   main 0.50"
    assert drawn(trace)[-1] == "└── ✂ budget 0.40  main 0.40"


def test_a_branch_is_dropped_only_when_all_its_samples_are() -> None:
    trace = Trace()
    feed(trace, "", MAIN, MAIN, MAIN, OTHER)
    for _ in range(2):
        trace.feed(prune(MAIN, reason="duplicate"))
    trace.feed(prune(OTHER, reason="duplicate"))
    assert drawn(trace) == ["├── …  ×3  main 0.61", "└── ✂ duplicate  main 0.61"]
    trace.feed(prune(MAIN, reason="outranked"))  # the one that stood for all three
    assert drawn(trace)[0] == "├── ✂ outranked  ×3  main 0.61"
