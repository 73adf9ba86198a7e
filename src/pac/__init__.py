"""Plata Anywhere Chat: a room is a log, and everything else reads it (docs/ARCHITECTURE.md)."""

__version__ = "0.1.0"
