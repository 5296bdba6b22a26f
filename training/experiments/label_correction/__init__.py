"""The experiment: does correcting labels make a better reward model, and who notices?

`run --only data` makes programs and labels, `tune` chooses correction settings on validation
problems, `run` trains all arms, `measure` makes every number and `report` docs/miniature.md.
All of it goes into one folder and may be stopped at any moment.
"""
