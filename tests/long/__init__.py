"""What takes minutes or hours: run by one command, `python -m tests.long`."""
