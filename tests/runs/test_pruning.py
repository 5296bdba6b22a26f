from pathlib import Path

from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Proposal
from dreamcode.runs.journal import Journal, Record, read_records
from dreamcode.runs.remembered import note_prunes
from dreamcode.search.search import Pruning
from tests.search.programs import DOUBLE, MAIN, READ


def draft(*steps: str) -> Draft:
    return Draft(tuple(Proposal(step, Ending.STEP, 1) for step in steps))


def prune_some(path: Path) -> tuple[list[Record], list[Record]]:
    """What a search that drops four drafts leaves in the journal, and what it tells of it."""
    journal = Journal(path)
    told: list[Record] = []
    journal.listen(told.append)
    on_prune = note_prunes(DOUBLE, journal)
    on_prune(draft(MAIN), Pruning.DUPLICATE)
    on_prune(draft(MAIN), Pruning.DUPLICATE)
    on_prune(draft(MAIN), Pruning.OUTRANKED)
    on_prune(draft(MAIN, READ), Pruning.OUTRANKED)
    journal.close()
    return read_records(path)[0], told


def test_every_dropped_draft_is_on_record_and_a_resumed_run_adds_none(tmp_path: Path) -> None:
    written, told = prune_some(tmp_path / "journal.jsonl")
    assert [(record.kind, record.asked["steps"], record.asked["reason"]) for record in written] == [
        ("prune", [MAIN], "duplicate"),
        ("prune", [MAIN], "duplicate"),
        ("prune", [MAIN], "outranked"),
        ("prune", [MAIN, READ], "outranked"),
    ]
    assert told == written
    assert len({record.key for record in written}) == 4
    assert prune_some(tmp_path / "journal.jsonl") == (written, told)  # told again, for the trace
