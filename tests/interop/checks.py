"""How a check in Python reports: the same lines as checks.sh prints."""

import os
import time

SUITE = os.environ["SUITE"]
BOOTSTRAP = os.environ["BOOTSTRAP"]
PREFIX = os.environ["PREFIX"]
BASE = int(os.environ["BASE"])
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


def check(name, expected, got):
    if expected == got:
        print(f"ok {SUITE}: {name}", flush=True)
    else:
        print(f"FAILED {SUITE}: {name}", flush=True)
        print(f"   expected: {expected!r:.600}")
        print(f"   got:      {got!r:.600}", flush=True)


def check_soon(name, expected, call):
    """As check, for what the broker shows a moment after its answer: five seconds are given."""
    end = time.monotonic() + 5
    while (got := call()) != expected and time.monotonic() < end:
        time.sleep(0.02)
    check(name, expected, got)


def error_of(call):
    """The name of the error that a call raises, or None."""
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return None
