"""Faithful servers of other people's APIs, on loopback: one file each, on the small base."""
