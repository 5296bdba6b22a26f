"""A reward model from real programs with official verdicts, measured on later months.

`python -m experiments.real_candidates prepare`, `train`, `measure` and `report`, in this order;
each may be stopped at any moment. The programs are of LiveCodeBench problems, by many models, and
are no part of the repository: `--real-data` names the folder that has them.
"""
