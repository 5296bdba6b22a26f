"""Stage `eval`: what a reward model is worth on problems it has never seen.

`run.py` is the stage. `scoring.py` makes one `ScoredChain` of every chain; all measures are pure
functions of these (`choices.py`, `depths.py`, `faults.py`, `pruning.py`, `foretelling.py`), every
interval a 95 % bootstrap over problems (`bootstrap.py`).
"""
