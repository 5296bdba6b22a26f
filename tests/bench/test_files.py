"""Whose tests grade a file, unless the user says."""

import json
from pathlib import Path

from dreamcode.bench.files import name_benchmark


def test_a_run_knows_its_benchmark_and_other_files_do_not(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"benchmark": "miniature"}))
    (tmp_path / "official").mkdir()
    for name in ("results.jsonl", "official/custom_evaluator.json"):
        (tmp_path / name).write_text("[]")
    assert name_benchmark(tmp_path) == "miniature"
    assert name_benchmark(tmp_path / "results.jsonl") == "miniature"
    assert name_benchmark(tmp_path / "official" / "custom_evaluator.json") == "livecodebench"
    (tmp_path / "config.json").unlink()
    assert name_benchmark(tmp_path / "results.jsonl") == "livecodebench"
