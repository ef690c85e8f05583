"""An input that gives other records after a restart than before: the pipeline says so by name, and every sink becomes what
the view is now, for readers that fold by key and for those that read histories."""
import json

import pytest
from sink_reader import count_rows, current_records, file_lines, fold_lines, fold_upserts, sink_records
from test_sinks import wait_for

DEFINITION = '''
name: changed
options: {{shards: {shards}}}
tables:
  t:
    columns: [{{name: k, type: bigint}}, {{name: v, type: bigint}}]
    sources: [{{connector: files, path: in, format: json, mode: follow, poll_interval_ms: 20}}]
views:
  sums: {{materialized: true, key: [k], aggregate: {{input: t, keys: {{k: k}}, values: {{s: "sum(v)"}}}}}}
sinks:
  upserts: {{from: sums, connector: kafka, brokers: "{address}", topic: {upserts}, envelope: upsert}}
  changes: {{from: sums, connector: kafka, brokers: "{address}", topic: {changes}, envelope: changes}}
  lines: {{from: sums, connector: files, path: out, format: json}}
'''


def fold_by_key(records):
    """As a reader that knows nothing of epochs: the last record of each key, in each partition."""
    rows = {}
    for partition, _, _, _, key, value in records:
        rows[partition, key] = value
    return [value for value in rows.values() if value is not None]


def fold_changes(records):
    rows = {}
    for _, _, _, _, _, value in current_records(records)[0]:
        text = json.dumps(value['row'], sort_keys=True)
        rows[text] = rows.get(text, 0) + value['weight']
    assert all(weight in (0, 1) for weight in rows.values()), rows
    return [json.loads(text) for text, weight in rows.items() if weight]


class Changed:
    def __init__(self, daemon, broker, shards):
        self.daemon, self.broker = daemon, broker
        self.upserts, self.changes = f'upserts-{shards}', f'changes-{shards}'
        broker.create_topic(self.upserts, 3)
        broker.create_topic(self.changes, 2)
        (daemon.folder / 'in').mkdir()

    def write(self, name, rows):
        """All in one line each, of one length: the file is as large as before."""
        text = ''.join(f'{{"k": {k:4}, "v": {v:4}}}\n' for k, v in rows)
        with open(self.daemon.folder / 'in' / name, 'r+' if (self.daemon.folder / 'in' / name).exists() else 'w',
                  encoding='utf8') as file:
            file.write(text)

    def assert_all_equal_the_view(self, expected):
        """The topic of changes only where there is a record to say that a history has begun."""
        def same():
            view = self.daemon.rows('changed', 'sums')[1]
            if {int(row['k']): int(row['s']) for row in view} != expected:
                return False
            records = sink_records(self.broker, self.upserts)
            try:
                lines = fold_lines(file_lines(self.daemon.folder / 'out', 'lines'))
            except (AssertionError, FileNotFoundError):  # begun anew in between
                return False
            folds = [count_rows(fold_by_key(records)), count_rows(fold_upserts(records)), lines]
            if view:
                folds.append(count_rows(fold_changes(sink_records(self.broker, self.changes))))
            return all(fold == count_rows(view) for fold in folds)

        self.daemon.wait_state('changed', 'RUNNING')
        wait_for(lambda: f'{self.daemon.rows("changed", "sums")[1]} {sink_records(self.broker, self.upserts)}', same)

    def restart(self):
        self.daemon.kill()
        self.daemon.start()
        self.daemon.wait_state('changed', 'RUNNING')


@pytest.mark.parametrize('shards', [1, 3])
def test_sinks_become_what_the_view_is(start_daemon, broker, shards):
    daemon = start_daemon()
    changed = Changed(daemon, broker, shards)
    changed.write('a', [(k, 1) for k in range(20)])
    definition = DEFINITION.format(shards=shards, address=broker.address, upserts=changed.upserts, changes=changed.changes)
    daemon.cli('apply', '-f', '-', '--wait', input=definition)
    changed.assert_all_equal_the_view({k: 1 for k in range(20)})
    changed.write('b', [(k, 5) for k in range(10, 30)])
    both = {**{k: 1 for k in range(10)}, **{k: 6 for k in range(10, 20)}, **{k: 5 for k in range(20, 30)}}
    changed.assert_all_equal_the_view(both)
    histories = {record[1] for record in sink_records(broker, changed.upserts)}
    assert len(histories) == 1

    # A restart over the same input writes nothing.
    count = len(sink_records(broker, changed.upserts))
    changed.restart()
    changed.assert_all_equal_the_view(both)
    assert len(sink_records(broker, changed.upserts)) == count

    # Keys 0 to 9 are gone, 100 to 109 are there instead.
    daemon.kill()
    changed.write('a', [(k + 100 if k < 10 else k, 1) for k in range(20)])
    daemon.start()
    after = {**{k: 6 for k in range(10, 20)}, **{k: 5 for k in range(20, 30)}, **{k: 1 for k in range(100, 110)}}
    changed.assert_all_equal_the_view(after)
    source = daemon.status('changed')['sources'][0]
    assert 'SOURCE_CHANGED' in source['message'] and 't/0' in source['message'], source
    histories = {record[1] for record in sink_records(broker, changed.upserts)}
    assert len(histories) == 2
    # It goes on from there; later restarts find the same differences, which are no news.
    for step in (1, 2):
        changed.write(f'c{step}', [(200 + step, 7)])
        after[200 + step] = 7
        changed.assert_all_equal_the_view(after)
        count = len(sink_records(broker, changed.upserts))
        changed.restart()
        changed.assert_all_equal_the_view(after)
        assert len(sink_records(broker, changed.upserts)) == count
    assert {record[1] for record in sink_records(broker, changed.upserts)} == histories

    # Another definition of the view: what it lacks goes, too.
    daemon.cli('apply', '-f', '-', '--wait', input=definition.replace('input: t,', 'input: {filter: {input: t, condition: "k < 15"}},'))
    changed.assert_all_equal_the_view({k: 6 for k in range(10, 15)})
    daemon.cli('apply', '-f', '-', '--wait', input=definition.replace('input: t,', 'input: {filter: {input: t, condition: "k < 0"}},'))
    changed.assert_all_equal_the_view({})
    daemon.assert_no_errors_logged()
