"""Reads .log files with kafka-python's own parser: segments.py FILE ...

Prints a line a file: its name, batches, records, first and last offset; exits 1 if a checksum is wrong, an offset falls,
or bytes are left over. What an unclean stop of Apache Kafka leaves as space allocated ahead is not asked about here.
"""

import os
import sys

from kafka.record.default_records import DefaultRecordBatch
from kafka.record.memory_records import MemoryRecords


def judge(path):
    with open(path, "rb") as file:
        content = file.read()
    records = MemoryRecords(content)
    batches = count = 0
    first = last = None
    for batch in iter(records.next_batch, None):
        batches += 1
        if not isinstance(batch, DefaultRecordBatch) or not batch.validate_crc():
            return f"batch {batches}: wrong format or checksum"
        for record in batch:
            count += 1
            if last is not None and record.offset != last + 1:
                return f"offset {record.offset} behind {last}"
            first = record.offset if first is None else first
            last = record.offset
    used = records.valid_bytes()
    if used != len(content):
        return f"{len(content) - used} bytes behind the last batch"
    return batches, count, first, last


bad = 0
for path in sys.argv[1:]:
    name = "/".join(path.split(os.sep)[-2:])
    found = judge(path)
    if isinstance(found, str):
        bad = 1
        print(f"{name}: {found}")
    else:
        print(name, *found)
sys.exit(bad)
