"""Recordings: what was answered once is answered again, in its place, and nothing else."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode.codec import decode, encode
from dreamcode.concurrency import together
from dreamcode.errors import InputError
from dreamcode.policies.policy import (
    Answer,
    Ending,
    Policy,
    Proposal,
    Request,
    Sampling,
    Usage,
)
from dreamcode.problems import Problem
from dreamcode.runs.journal import Journal
from dreamcode.runs.recorded import open_recorded
from dreamcode.runs.remembered import RememberedPolicy
from tests.policies.asking import finish
from tests.policies.copyist import Copyist
from tests.search.programs import DOUBLE, RIGHT, WRONG

PROBLEM = Problem("sum", "Sum", "Print the sum.")

counts = st.integers(0, 10**6)
proposals = st.builds(
    Proposal,
    st.text(),
    st.sampled_from(Ending),
    counts,
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    counts,
)
answers = st.builds(
    Answer,
    proposals,
    st.builds(Usage, counts, counts, counts, counts, counts),
)


def proposal(text: str) -> Proposal:
    return Proposal(text, Ending.STEP, len(text), -1.5, len(text))


def record(
    prefix: str,
    seed: int,
    text: str,
    usage: Usage | None = None,
    until: str = "step",
    **more: Any,
) -> str:
    answer = Answer(proposal(text), usage or Usage(1, 10, 20))
    asked = {"problem": "sum", "prefix": prefix, "until": until, "seed": seed, "more": 0.8}
    line = {"kind": "write", "key": f"{prefix}{seed}", "asked": asked}
    return json.dumps(line | {"answer": encode(answer)} | more) + "\n"


def request(prefix: str, seed: int, problem: Problem = PROBLEM) -> Request:
    return Request(problem, prefix, Sampling(), seed)


async def replay(policy: Policy, prefix: str, *seeds: int) -> str:
    """The texts of samples asked for in one moment."""
    answers = await together(policy.write(request(prefix, seed)) for seed in seeds)
    return "".join(answer.proposal.text for answer in answers)


def journal(folder: Path, *lines: str) -> Path:
    path = folder / "journal.jsonl"
    path.write_text("".join(lines), encoding="utf-8")
    return path


@given(answers)
def test_an_answer_survives_the_journal(answer: Answer) -> None:
    assert decode(Answer, json.loads(json.dumps(encode(answer)))) == answer


@pytest.mark.parametrize(
    "broken",
    [None, {}, {"proposal": {}, "usage": {}}, {"proposal": ["x"]}, {"proposals": []}],
)
def test_what_is_no_answer_is_named_in_one_line(broken: object) -> None:
    with pytest.raises(ValueError, match=r"\S") as caught:
        decode(Answer, broken)
    assert "\n" not in str(caught.value)


async def test_replays_by_prefix_and_seed_whatever_the_order_and_the_batches(
    tmp_path: Path,
) -> None:
    path = journal(
        tmp_path,
        '{"kind": "config", "model": "tiny"}\n',
        record("", 1, "a"),
        record("", 2, "b"),
        record("", 3, "c"),
        record("a", 4, "d"),
        "\n",
        record("", 5, "e"),
    )
    policy = open_recorded(path)
    assert policy.name == f"recorded/{path}"
    assert await replay(policy, "", 5, 3) == "ec"
    assert (await policy.write(request("", 2))).proposal == proposal("b")
    assert await replay(policy, "a", 4) == "d"
    await policy.close()


async def test_unknown_seeds_take_what_is_left_in_recorded_order(tmp_path: Path) -> None:
    lines = [record("", seed, text) for seed, text in enumerate("abcd", start=1)]
    policy = open_recorded(journal(tmp_path, *lines))
    assert await replay(policy, "", 99, 1, 98) == "bac"
    assert await replay(policy, "", 1) == "d"


async def test_a_whole_replay_costs_what_the_recording_cost(tmp_path: Path) -> None:
    policy = open_recorded(
        journal(
            tmp_path,
            record("", 1, "a", Usage(1, 30, 20)),
            record("", 2, "b", Usage(0, 0, 20, 0, 7)),
            record("", 3, "c", Usage(1, 5, 6)),
        )
    )
    parts = [await policy.write(request("", seed)) for seed in (3, 2, 1)]
    assert sum((part.usage for part in parts), Usage()) == Usage(2, 35, 46, 0, 7)


async def test_running_out_says_what_there_was(tmp_path: Path) -> None:
    prefix = "x = 1\ny = 2\n"
    path = journal(tmp_path, record(prefix, 1, "a"), record(prefix, 2, "b"))
    policy = open_recorded(path)
    assert await replay(policy, prefix, 1) == "a"
    asked = (policy.write(request(prefix, seed)) for seed in (3, 2))
    lacking, there = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(there, Answer)  # a shortage takes nothing away
    assert there.proposal == proposal("b")
    assert isinstance(lacking, InputError)
    said = str(lacking)
    assert str(path) in said
    assert "prefix of 2 lines" in said
    assert "'sum'" in said
    assert "all 2 are used" in said
    with pytest.raises(InputError, match="first step of problem 'other': none was recorded"):
        await policy.write(request("", 1, problem=Problem("other", "", "")))


@given(st.data())
def test_a_line_torn_anywhere_is_left_out(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = record("", 1, "ä").encode()
    torn = record("", 2, "ö☃").encode()
    kept = data.draw(st.integers(0, len(torn) - 2))
    path = tmp_path_factory.mktemp("torn") / "journal.jsonl"
    path.write_bytes(whole + torn[:kept])
    assert _count(path) == 1
    path.write_bytes(whole + torn[: len(torn) - 1])  # whole but for its line end
    assert _count(path) == 2


def _count(path: Path) -> int:
    """How many samples the journal gives."""

    async def ask() -> list[Answer | BaseException]:
        policy = open_recorded(path)
        asked = (policy.write(request("", seed)) for seed in (1, 2, 3))
        return await asyncio.gather(*asked, return_exceptions=True)

    return sum(isinstance(answer, Answer) for answer in asyncio.run(ask()))


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("{\n", "JSON"),
        ("[1]\n", "object"),
        ('{"key": "x"}\n', "kind"),
        (record("", 1, "a", answer={"proposal": 3}), "proposal"),
        (record("", 1, "a", answer={"proposals": [encode(proposal("a"))]}), "proposal"),
        (record("", 1, "a", asked={"prefix": ""}), "problem"),
        (record("", 1, "a", until="line"), "until"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, bad: str, said: str) -> None:
    path = journal(tmp_path, record("", 1, "a"), bad, record("", 2, "b"))
    with pytest.raises(InputError) as caught:
        open_recorded(path)
    assert f"{path}, line 2" in str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_line_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"\xff\xfe\x00\n")
    with pytest.raises(InputError, match="line 1"):
        open_recorded(path)


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        open_recorded(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match="is a folder"):
        open_recorded(tmp_path)
    with pytest.raises(InputError, match="records no answer"):
        open_recorded(journal(tmp_path, '{"kind": "config"}\n'))


async def test_steps_and_whole_continuations_are_replayed_apart(tmp_path: Path) -> None:
    policy = open_recorded(
        journal(tmp_path, record("", 1, "step"), record("", 1, "whole", until="program"))
    )
    [whole], _ = await finish(policy, request("", 1))
    assert whole == proposal("whole")
    assert await replay(policy, "", 1) == "step"
    with pytest.raises(InputError, match="samples of the whole program of problem 'sum'"):
        await finish(policy, request("", 1))


async def test_what_the_journal_of_a_policy_holds_is_replayed(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    log = Journal(path)
    policy = RememberedPolicy(Copyist([RIGHT, WRONG]), log)
    asked = Request(DOUBLE, "", Sampling(), 4)
    told = await finish(policy, asked, 2)
    step = await policy.write(asked)
    assert await finish(policy, asked, 2) == told
    assert len(log) == 3
    log.close()
    recorded = open_recorded(path)
    assert recorded.grain == "program"  # what was recorded first
    assert await finish(recorded, asked, 2) == told
    assert await recorded.write(asked) == step
