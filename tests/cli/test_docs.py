"""What the documents say of the command line is what the command line says of itself."""

import re
from pathlib import Path

from tests.cli.command import dreamcode

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "examples" / "README.md", *(ROOT / "docs").glob("*.md")]
COMMANDS = (
    "", "solve", "score", "train", "train chains", "train labels", "train prm", "train eval",
    "train export", "bench", "bench list", "bench grade", "bench rerank", "bench stats",
    "bench compare", "bench livecodebench", "doctor", "serve", "config", "sandbox", "sandbox build",
    "sandbox run", "show",
)  # fmt: skip
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
CODE = re.compile(r"```sh\n(.*?)```|`(dreamcode [^`]*|--[^`]*)`", re.DOTALL)
OUR_LINE = re.compile(r"(^|\| )(dreamcode |--)")
NOT_OURS = {
    *("--iptables", "--bridge", "--real-data"),
    *("--no-enable-chunked-prefill", "--max-num-batched-tokens"),  # vLLM's
}


def test_every_flag_in_the_documents_exists_and_every_command_is_documented(
    tmp_path: Path,
) -> None:
    helps = [dreamcode(*command.split(), "--help", home=tmp_path).stdout for command in COMMANDS]
    known = {flag for text in helps for flag in FLAG.findall(text)} | NOT_OURS
    text = "\n".join(document.read_text() for document in DOCUMENTS)
    code = "\n".join(block or inline for block, inline in CODE.findall(text))
    in_code = "\n".join(line for line in code.splitlines() if OUR_LINE.search(line))
    assert sorted(set(FLAG.findall(in_code)) - known) == []
    missing = [command for command in COMMANDS if command and f"dreamcode {command}" not in text]
    assert [command for command in missing if command != "sandbox"] == []
