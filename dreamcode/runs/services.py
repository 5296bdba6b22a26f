"""The services of one problem's search: they answer from its journal what it knows."""

from dreamcode.runs.journal import Journal
from dreamcode.runs.journaled import JournaledPolicy, JournaledSandbox
from dreamcode.runs.journaled_reward import JournaledReward
from dreamcode.search.budget import DeadlinePolicy
from dreamcode.solver import Services


def journal_services(services: Services, journal: Journal, seconds: float | None) -> Services:
    """The services behind a journal.

    Args:
        services: who answers what the journal does not know.
        journal: of the problem.
        seconds: time that the search may take in all, earlier sessions included; None for no
            limit. Answers from the journal take none.
    """
    if seconds is not None:
        seconds -= journal.seconds
    return Services(
        policy=JournaledPolicy(DeadlinePolicy(services.policy, seconds), journal),
        reward=JournaledReward(services.reward, journal),
        sandbox=JournaledSandbox(services.sandbox, journal),
    )
