"""Solves a problem from Python: python examples/solve.py [PROBLEM]."""

import asyncio
import sys

from dreamcode import open_policy, open_reward, open_sandbox, read_problem, searches, solve


async def main(source: str) -> None:
    """Writes eight programs with the models that ship, runs them, prints the best one."""
    problem = read_problem(source)
    options = searches.SearchOptions(n=8)
    async with (
        open_policy("embedded") as policy,
        open_reward("embedded") as reward,
        open_sandbox("auto") as sandbox,
    ):
        result = await solve(problem, policy, reward, sandbox, searches.best_of_n, options)
    if result.best is None:
        sys.exit("no program was finished")
    print(result.best.text, end="")
    print("accepted" if result.accepted else "not accepted", file=sys.stderr)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "examples/mini-2.md"))
