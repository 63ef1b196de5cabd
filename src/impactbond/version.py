"""The version of this engine: shown on every statement and kept in every record."""

__version__ = "0.8.0"
