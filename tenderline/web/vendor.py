"""The one script of others that the page uses: Vega, which draws the charts. It is made from an installed package, offline, once at set-up.

``python -m tenderline.web.vendor`` writes it unless it is there; git doesn't keep it. The page loads it when the first chart is shown.
"""

from __future__ import annotations

import os
from pathlib import Path

SNIPPET = "window.vega = vega; window.vegaLite = vegaLite; window.vegaEmbed = vegaEmbed;"
BUNDLE = Path(__file__).parents[2] / "static" / "vendor" / "vega.js"


def write_bundle(target: Path = BUNDLE) -> bool:
    """Write Vega, Vega-Lite and Vega-Embed as one file that sets ``vega``, ``vegaLite`` and ``vegaEmbed``; False when it was there.

    A reader never sees half of it.
    """
    if target.exists():
        return False
    from vl_convert import javascript_bundle

    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        unfinished.write_text(javascript_bundle(SNIPPET), encoding="utf-8")
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return True


if __name__ == "__main__":
    write_bundle()
