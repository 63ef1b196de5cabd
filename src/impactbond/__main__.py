"""`python -m impactbond` is the command line."""

from impactbond.cli import main

main()
