"""`python -m dreamcode` is `dreamcode`."""

from dreamcode.cli.app import main

main()
