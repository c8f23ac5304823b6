"""Tests of the desk without its web interface."""
