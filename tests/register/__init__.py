"""Tests of the contract register."""
