"""`python -m impactbond` is the command line."""

from impactbond.cli.main import command

command()
