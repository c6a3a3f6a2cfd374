"""Log lines of Python's `logging` in the format of Spoor's: one JSON object a line, or text on a terminal."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from typing import Any

log = logging.getLogger("spoor_kit")

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_OWN = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "timestamp", "level", "actor", "cause"}
_LEVELS = {"WARNING": "WARN", "CRITICAL": "FATAL"}


def timestamp(seconds: float) -> str:
    """ISO 8601 with milliseconds, UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds * 1000) % 1000:03d}Z"


def json_line(level: str, message: str, actor: str, fields: dict[str, Any], at: float) -> str:
    """The line, without a line end. Control characters are escaped."""
    line = {"timestamp": timestamp(at), "level": level, "message": message, "actor": actor, **fields}
    text = json.dumps(line, ensure_ascii=False, default=str, separators=(",", ":"))
    return _CONTROLS.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


class _Json(logging.Formatter):
    def __init__(self, actor: str) -> None:
        super().__init__()
        self.actor = actor

    def format(self, record: logging.LogRecord) -> str:
        fields = {name: value for name, value in record.__dict__.items() if name not in _OWN}
        if record.exc_info:
            fields["cause"] = self.formatException(record.exc_info)
        level = _LEVELS.get(record.levelname, record.levelname)
        return json_line(level, record.getMessage(), self.actor, fields, record.created)


def start_logging(actor: str, level: int, is_json: bool) -> None:
    """Writes all log entries of the process to standard output from now on."""
    handler = logging.StreamHandler(sys.stdout)
    pretty = logging.Formatter(f"%(asctime)s %(levelname)s {actor}: %(message)s")
    handler.setFormatter(_Json(actor) if is_json else pretty)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # The client library logs each error that `bus.py` reports.
    logging.getLogger("nats").setLevel(logging.CRITICAL)


def print_banner(actor: str, lines: dict[str, str], is_json: bool) -> None:
    """What runs and where, on standard output, whatever LOG_LEVEL is."""
    title = f"Spoor is running: {actor}"
    if is_json:
        print(json_line("INFO", title, actor, lines, time.time()), flush=True)
        return
    width = max(len(name) for name in lines)
    print("\n".join([title, *(f"  {name.ljust(width)}  {where}" for name, where in lines.items())]), flush=True)
