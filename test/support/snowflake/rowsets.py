"""fakesnow's server on 127.0.0.1, with results as JSON rowsets: the form that Snowflake sends to drivers that do not ask for Arrow.

Usage: python rowsets.py PORT. Values are text as in Snowflake's rowsets: days for a date, seconds with nine decimals for a timestamp,
the zone's minutes plus 1440 behind it, and 1 or 0 for a boolean.
"""

import datetime
import decimal
import importlib
import json
import sys

import uvicorn

# The package has a function of the same name.
server = importlib.import_module("fakesnow.server")

EPOCH = datetime.datetime(1970, 1, 1)


def seconds(value: datetime.datetime) -> str:
    since = value.replace(tzinfo=None) - (value.utcoffset() or datetime.timedelta()) - EPOCH
    whole, micros = divmod(since // datetime.timedelta(microseconds=1), 1_000_000)
    if whole < 0 and micros:
        return f"-{-whole - 1}.{1_000_000 - micros:06d}000"
    return f"{whole}.{micros:06d}000"


def text(value: object, kind: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime.datetime):
        offset = value.utcoffset() or datetime.timedelta()
        zone = f" {1440 + offset // datetime.timedelta(minutes=1)}" if kind == "timestamp_tz" else ""
        return seconds(value) + zone
    if isinstance(value, datetime.date):
        return str((value - EPOCH.date()).days)
    if isinstance(value, datetime.time):
        return f"{value.hour * 3600 + value.minute * 60 + value.second}.{value.microsecond:06d}000"
    if isinstance(value, decimal.Decimal):
        return f"{value:f}"
    if isinstance(value, bytes):
        return value.hex().upper()
    return value if isinstance(value, str) else str(value)


def rowset(table, rowtype) -> bytes:
    columns = [
        [text(value, info["type"]) for value in column.to_pylist()]
        for column, info in zip(table.columns, rowtype, strict=True)
    ]
    return json.dumps(list(zip(*columns, strict=True))).encode()


server.to_sf = rowset
server.to_ipc = lambda rows: rows
# A test that is busy for some seconds must not find that its connection was closed just when it asks again.
KEEP_ALIVE_SECONDS = 3600
uvicorn.run(
    server.app,
    host="127.0.0.1",
    port=int(sys.argv[1]),
    log_level="warning",
    access_log=False,
    timeout_keep_alive=KEEP_ALIVE_SECONDS,
)
