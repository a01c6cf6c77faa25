"""Hearing of changed files."""
