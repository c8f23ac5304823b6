"""Divides a rectangle into rectangles whose areas are as given and whose shapes are as near to squares as that allows.

The method is the squarified treemap of Bruls, Huizing and van Wijk (2000).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """A rectangle: its left and right edge, its lower and upper edge."""

    left: float
    right: float
    bottom: float
    top: float


def squarified(values: Sequence[float], width: float, height: float) -> list[Cell]:
    """A cell for each value, in the same order.

    Args:
        values: positive, the largest first.
        width, height: of the whole; the areas of the cells add up to it.
    """
    total = sum(values)
    areas = [value / total * width * height for value in values]
    cells: list[Cell] = []
    left = bottom = 0.0
    while areas:
        across = min(width - left, height - bottom)  # a row of cells stands along the shorter side of what is left
        count = 1
        while count < len(areas) and _worst(areas[: count + 1], across) <= _worst(areas[:count], across):
            count += 1
        row, areas = areas[:count], areas[count:]
        depth = sum(row) / across if across else 0.0
        upright = width - left >= height - bottom
        place = bottom if upright else left
        for area in row:
            length = area / depth if depth else 0.0
            cells.append(
                Cell(left, left + depth, place, place + length) if upright else Cell(place, place + length, bottom, bottom + depth)
            )
            place += length
        left, bottom = (left + depth, bottom) if upright else (left, bottom + depth)
    return cells


def _worst(row: Sequence[float], across: float) -> float:
    """The least square of the shapes in a row: its longer side over its shorter."""
    depth = sum(row) / across if across else 0.0
    if not depth:
        return float("inf")
    return max(max(depth * depth / area, area / (depth * depth)) for area in row)
