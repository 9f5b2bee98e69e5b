"""What others read in segments: judge.py read FILE ... by kafka-python, judge.py dumped < what Apache Kafka's dump-log says.

Prints a line for each batch: file, first and last offset, count, producer id, epoch, sequence, CRC, then how many records
are in it and how many bytes their values have. An invalid batch, or bytes that are none, end it with an error.
"""
import re, sys


def line(*fields):
    print("\t".join(map(str, fields)))


def read(paths):
    from kafka.record import MemoryRecords

    for path in paths:
        content = open(path, "rb").read()
        records = MemoryRecords(content)
        if records.valid_bytes() != len(content):
            sys.exit(f"{path}: {len(content) - records.valid_bytes()} bytes that are no batch")
        while (batch := records.next_batch()) is not None:
            if not batch.validate_crc():
                sys.exit(f"{path}: the CRC of the batch at {batch.base_offset} is wrong")
            base, _, _, _, crc, _, delta, _, _, producer, epoch, sequence, count = batch._header_data
            values = [len(record.value or b"") for record in batch]
            line(path, base, base + delta, count, producer, epoch, sequence, crc, len(values), sum(values))


def dumped(text):
    path, batch, values = None, None, []
    flush = lambda: batch and line(path, *batch, len(values), sum(values))
    for said in text:
        if match := re.match(r"Dumping (.*)$", said):
            flush()
            path, batch, values = match[1], None, []
        elif match := re.match(r"\| offset: .* valueSize: (-?\d+)", said):
            values.append(max(0, int(match[1])))
        elif said.startswith("baseOffset: "):
            flush()
            fields = dict(re.findall(r"(\w+): (\S+)", said))
            if fields["isvalid"] != "true":
                sys.exit(f"{path}: {said.strip()}")
            names = ("baseOffset", "lastOffset", "count", "producerId", "producerEpoch", "baseSequence", "crc")
            batch, values = [fields[name] for name in names], []
        elif not said.startswith(("Log starting offset: ", "|")) and said.strip():
            sys.exit(f"{path}: {said.strip()}")
    flush()


if sys.argv[1] == "read":
    read(sys.argv[2:])
else:
    dumped(sys.stdin)
