"""A run of any size made so small that all of it can be tried in minutes."""

from dreamcode_training.config import RunConfig


def shrink(config: RunConfig) -> RunConfig:
    """The same run with few problems, programs, rollouts and steps; all else is kept."""
    problems = config.problems.model_copy(
        update={
            "train": min(config.problems.train, 6),
            "meta": min(config.problems.meta, 4),
            "validation": min(config.problems.validation, 3),
            "test": min(config.problems.test, 4),
        }
    )
    chains = config.chains.model_copy(
        update={
            "per_problem": min(config.chains.per_problem, 3),
            "validation": 3,
            "candidates": min(config.chains.candidates, 4),
        }
    )
    labels = config.labels.model_copy(update={"rollouts": min(config.labels.rollouts, 2)})
    correction = config.prm.correction.model_copy(update={"meta_batch": 4})
    prm = config.prm.model_copy(
        update={
            "epochs": min(config.prm.epochs, 2.0),
            "batch": min(config.prm.batch, 4),
            "accumulation": 1,
            "save_every": min(config.prm.save_every, 2),
            "correction": correction,
        }
    )
    n = [one for one in config.eval.n if one <= chains.candidates] or [chains.candidates]
    evaluation = config.eval.model_copy(update={"n": n, "resamples": 200})
    return config.model_copy(
        update={
            "problems": problems,
            "chains": chains,
            "labels": labels,
            "prm": prm,
            "eval": evaluation,
        }
    )
