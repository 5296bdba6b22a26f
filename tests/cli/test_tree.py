from rich.console import Console

from dreamcode.cli.tree import draw_tree
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


def answer(prefix: str, *texts: str, ending: Ending = Ending.STEP) -> Record:
    proposals = tuple(Proposal(text, ending, 10, -5.0, 10) for text in texts)
    usage = Usage(1, 100, 10 * len(texts))
    return record("write", {"prefix": prefix, "until": "step"}, Answer(proposals, usage))


def report(program: str, verdict: Verdict) -> Record:
    return record("run", {"program": program}, Report(verdict, (TestResult(verdict),), 1))


def score(*steps: str, rewards: list[float | None], aggregation: str = "last") -> Record:
    return record("score", {"steps": steps, "aggregation": aggregation}, rewards)


def prune(*steps: str, reason: str) -> Record:
    return record("prune", {"steps": steps, "reason": reason})


def drawn(trace: Trace, lines: int = 20, width: int = 100) -> list[str]:
    console = Console(width=width, record=True, force_terminal=False)
    with console.capture() as capture:
        console.print(draw_tree(trace.root, lines))
    return [line.rstrip() for line in capture.get().splitlines()][1:]


def grown() -> Trace:
    trace = Trace()
    trace.feed(answer("", MAIN, MAIN, MAIN))
    trace.feed(answer(MAIN, READ, READ, READ))
    trace.feed(answer(MAIN + READ, TWICE, SQUARE, SQUARE, ending=Ending.PROGRAM))
    return trace


def test_samples_with_the_same_text_are_one_branch() -> None:
    assert drawn(grown()) == [
        "└──   ×3  main 0.61 → read_number 0.61",
        "    ├── finished  double 0.61",
        "    └── finished  ×2  double 0.61",
    ]


def test_verdicts_mark_their_branches_whichever_comes_first() -> None:
    late, early = grown(), Trace()
    for trace in (late, early):
        trace.feed(report(MAIN + READ + TWICE, Verdict.ACCEPTED))
        trace.feed(report(MAIN + READ + SQUARE, Verdict.WRONG_ANSWER))
    for record in (
        answer("", MAIN),
        answer(MAIN, READ),
        answer(MAIN + READ, TWICE, SQUARE, ending=Ending.PROGRAM),
    ):
        early.feed(record)
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
    trace.feed(answer("", *names))
    assert drawn(trace, lines=4)[-1] == "└── … 5 more branches"


def test_a_step_that_did_not_fit_is_marked() -> None:
    trace = Trace()
    trace.feed(answer("", "def main():\n    x =", ending=Ending.LENGTH))
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
    trace.feed(answer("", OTHER, MAIN))
    trace.feed(score(MAIN, rewards=[0.5], aggregation="product"))
    trace.feed(score(OTHER, rewards=[0.4], aggregation="product"))
    trace.feed(answer(MAIN, READ, TWICE))
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
    trace.feed(answer("", MAIN, MAIN, MAIN, OTHER))
    for _ in range(2):
        trace.feed(prune(MAIN, reason="duplicate"))
    trace.feed(prune(OTHER, reason="duplicate"))
    assert drawn(trace) == ["├── …  ×3  main 0.61", "└── ✂ duplicate  main 0.61"]
    trace.feed(prune(MAIN, reason="outranked"))  # the one that stood for all three
    assert drawn(trace)[0] == "├── ✂ outranked  ×3  main 0.61"
