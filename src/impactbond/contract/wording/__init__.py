"""The contract in plain English, as a schedule that people can read and sign."""
