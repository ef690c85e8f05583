"""Reads what sinks wrote as a reader would: records of topics by their headers, lines of files."""
import collections
import json
import pathlib


def sink_records(broker, topic):
    """All records of a topic: (partition, history, epoch, sequence, key, value), keys and values decoded."""
    output = broker.consume_json(topic)
    records = []
    for message in output:
        headers = dict(zip(message['headers'][::2], message['headers'][1::2]))
        key, value = message.get('key'), message.get('payload')
        records.append((message['partition'], int(headers['freshet.history']), int(headers['freshet.epoch']),
                        int(headers['freshet.sequence']), key, json.loads(value) if value is not None else None))
    return records


def current_records(records):
    """Of the last history; a record that is not above its partition's last {epoch, sequence} is one that came again."""
    last, kept, repeated = {}, [], 0
    history = max((record[1] for record in records), default=0)
    for record in records:
        partition, mark = record[0], (record[2], record[3])
        if mark <= last.get(partition, (0, -1)):
            repeated += 1
            continue
        last[partition] = mark
        if record[1] == history:
            kept.append(record)
    return kept, repeated


def fold_upserts(records):
    """A tombstone has a row before it, but in the first epoch of a history: there it ends one of an earlier history."""
    rows, first = {}, None
    for _, _, epoch, _, key, value in sorted(current_records(records)[0], key=lambda record: record[2]):
        first = first or epoch
        if value is None:
            assert key in rows or epoch == first, f'a tombstone for a key that was not there: {key}'
            rows.pop(key, None)
        else:
            rows[key] = value
    return list(rows.values())


def file_lines(folder, sink, open_too=True):
    """The lines of a sink's files by shard, in order; the torn end of an open file is left out."""
    shards = collections.defaultdict(list)
    for path in sorted(pathlib.Path(folder).glob(f'{sink}-*.jsonl*')):
        if path.name.endswith('.open') and not open_too:
            continue
        text = path.read_text()
        shards[path.name.split('-')[-2 if path.name.endswith('.open') else -3]] += [
            json.loads(line) for line in text[:text.rfind('\n') + 1].splitlines()]
    return shards


def fold_lines(shards):
    """The rows that are left, each with its number; epochs of a shard must not go back."""
    rows = collections.Counter()
    for lines in shards.values():
        epochs = [line['epoch'] for line in lines]
        assert epochs == sorted(epochs), 'epochs go back'
        for line in lines:
            rows[json.dumps(line['row'], sort_keys=True)] += line['weight']
    assert all(count >= 0 for count in rows.values()), rows
    return +rows


def count_rows(rows):
    return collections.Counter(json.dumps(row, sort_keys=True) for row in rows)
