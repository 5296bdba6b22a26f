"""A policy that fails as told, for commands: `--model <this file>:Failing`.

A file `failing` in the working folder holds the seeds, modulo 10, of the samples that fail.
"""

from pathlib import Path

from dreamcode.errors import InfrastructureError
from dreamcode.policies.policy import Answer, Ending, Proposal, Request, Usage
from dreamcode.prompting import Grain

MODEL = f"{__file__}:Failing"
ASKED = "asked"

PROGRAM = '''def main():
    """Doubles."""
    print(2 * int(input()))


if __name__ == "__main__":
    main()
'''


def note(request: Request) -> bool:
    """Puts it down, and says whether it fails."""
    with Path(ASKED).open("a") as file:
        file.write(f"{request.problem.id} {request.seed}\n")
    fails = Path("failing")
    return fails.exists() and str(request.seed % 10) in fails.read_text()


class Failing:
    """Always writes the same program, or fails; leaves a line in `asked` for each request."""

    name = "failing"
    grain: Grain = "program"

    async def write(self, request: Request) -> Answer:
        if note(request):
            raise InfrastructureError("http://model: 503, overloaded")
        return Answer(Proposal(PROGRAM, Ending.PROGRAM, 9), Usage(1, 50, 9))

    async def close(self) -> None:
        """Nothing to free."""
