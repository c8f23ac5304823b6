"""Whether the container is well. Where there is the page it must answer /health; workers and beat end when they are not well."""

import os
import sys
import urllib.request
from pathlib import Path

if {b"worker", b"tenderline.worker", b"beat"} & set(Path("/proc/1/cmdline").read_bytes().split(b"\0")):
    sys.exit(0)
port = os.environ.get("PORT") or "8000"
with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=3) as answer:
    sys.exit(answer.status != 200)
