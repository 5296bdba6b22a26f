"""The experiment: does correcting labels make a better reward model, and who notices?

`python -m experiments.label_correction run` makes everything into one folder and may be
stopped at any moment; `report` writes docs/miniature.md from what is there. `tune`, after
`run --only data`, chooses correction settings on validation problems.
"""
