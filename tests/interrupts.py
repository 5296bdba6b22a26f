"""Ctrl-C for processes that tests start."""

import signal


def take_interrupts() -> None:
    """For `preexec_fn`: undoes what shells do to background jobs, which is to ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
