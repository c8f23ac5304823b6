"""How the threads of a web process are shared: what holds one for long may not take those that answer everything else."""

from __future__ import annotations


def for_streams(threads: int) -> int:
    """How many streamed answers may be open at a time, each of which holds a thread until its text is complete: a quarter."""
    return max(1, threads // 4)


def for_sockets(threads: int) -> int:
    """How many sockets may be open at a time, each of which holds a thread for as long as its page is looked at: half.

    Each also has a second thread that reads, but outside the server's pool. One thread is always left to answer with; where there are too
    few for that, no socket is taken and every page polls.
    """
    return max(0, min(threads // 2, threads - for_streams(threads) - 1))
