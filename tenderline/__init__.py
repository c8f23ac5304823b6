"""Tenderline: a review desk for public procurement."""

__version__ = "0.1.0"
