"""Benchmarks: ``make bench``. Each prints medians beside the naive way, measured in the same run."""
