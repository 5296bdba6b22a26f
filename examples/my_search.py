"""A search of one's own: dreamcode solve PROBLEM --search examples/my_search.py:best_of_two."""

from dreamcode.search import (
    Draft,
    Ending,
    OnPrune,
    Policy,
    Problem,
    Pruning,
    RewardModel,
    SearchOptions,
    best_first,
    expand,
    score_drafts,
)  # fmt: skip


async def best_of_two(
    problem: Problem,
    policy: Policy,
    reward: RewardModel,
    options: SearchOptions,
    on_prune: OnPrune,
) -> list[Draft]:
    """Writes every function twice and goes on with the better one, up to a whole program."""
    draft = Draft()
    for _ in range(options.max_steps):
        [children] = await expand(problem, policy, [(draft, [0, 1])], options, on_prune)
        ranked = best_first(await score_drafts(problem, reward, children))
        if not ranked:
            return []  # both were cut off, or a limit left no room
        for one in ranked[1:]:
            on_prune(one.draft, Pruning.OUTRANKED)
        draft = ranked[0].draft
        if draft.ending is Ending.PROGRAM:
            return [draft]
    return []
