"""A crash at each failpoint of ingest, sinks and the catalog (those of the log: test_log.py): what was acknowledged is
counted once, and what sinks wrote is the view."""
import contextlib
import itertools
import os
import re
import signal
import time

import pytest
from chaos.http_clients import call
from freshet_daemon import ROOT, Unavailable
from sink_reader import count_rows, file_lines, fold_lines, fold_upserts, sink_records

NAMES = re.findall(r'"(\w+)"\}', (ROOT / 'server' / 'storage' / 'failpoint_list.h').read_text())
FAMILIES = ('ingest_', 'files_sink_', 'kafka_sink_', 'catalog_')
FAILPOINTS = [name for name in NAMES if name.startswith(FAMILIES)]
# At which time, where it is not the third; and what must have crashed before.
AT = {'files_sink_owner_written': 1, 'files_sink_tail_cut': 1, 'files_sink_empty_removed': 1, 'files_sink_old_removed': 1,
      'kafka_sink_queued': 20, **{name: 8 for name in FAILPOINTS if name.startswith('catalog_')}}
BEFORE = {'files_sink_tail_cut': 'files_sink_before_sync=crash@5', 'files_sink_empty_removed': 'files_sink_torn_write=crash'}

DEFINITION = '''
name: p
options: {shards: 2}
tables:
  clicks:
    columns: [{name: page, type: text, not_null: true}, {name: n, type: bigint}]
views:
  per_page:
    materialized: true
    key: [page]
    aggregate: {input: clicks, keys: {page: page}, values: {n: "count(*)", total: "AGGREGATE(n)"}}
sinks:
'''
FILES_SINK = '  out: {from: per_page, connector: files, path: out, format: json, roll_bytes: 3000}\n'
KAFKA_SINK = '  out: {{from: per_page, connector: kafka, brokers: "{0}", topic: {1}, envelope: upsert}}\n'


def test_every_failpoint_is_of_a_family_that_is_crashed():
    assert [name for name in NAMES if not name.startswith(('log_', *FAMILIES))] == []
    assert len(FAILPOINTS) > 10


class Clicks:
    """A client whose requests are acknowledged, whoever dies in between; the daemon is started again where it ended."""

    def __init__(self, daemon):
        self.daemon, self.requests, self.pages = daemon, 0, {}

    def alive(self):
        if self.daemon.process.poll() is not None:
            self.daemon.start()

    def send(self):
        rows = [(f'p{(self.requests * 7 + i) % 40}', self.requests) for i in range(10)]
        body = 'page,n\n' + ''.join(f'{page},{n}\n' for page, n in rows)
        deadline = time.monotonic() + 60
        while True:
            self.alive()
            status, answer = call(self.daemon, 'POST', '/v1/pipelines/p/tables/clicks:ingest', body=body, wait='visible',
                                  headers={'Content-Type': 'text/csv', 'Idempotency-Key': str(self.requests)})
            if status == 200:
                break
            assert status in (0, 429, 503) and time.monotonic() < deadline, (status, answer)
            time.sleep(0.02)
        self.requests += 1
        for page, n in rows:
            self.pages.setdefault(page, []).append(n)

    def apply(self, aggregate, sink):
        (self.daemon.folder / 'p.yaml').write_text(DEFINITION.replace('AGGREGATE', aggregate) + sink)
        deadline = time.monotonic() + 60
        while True:
            self.alive()
            done = self.daemon.cli('apply', '-f', 'p.yaml', '--wait', check=False)
            if done.returncode == 0:
                return
            assert time.monotonic() < deadline, done.stderr
            time.sleep(0.05)

    def expected(self, aggregate):
        of = {'sum': lambda values: str(sum(values)), 'max': max}[aggregate]
        return count_rows([{'page': page, 'n': len(values), 'total': of(values)} for page, values in self.pages.items()])

    def wait_rows(self, rows):
        deadline = time.monotonic() + 60
        while True:
            self.alive()
            with contextlib.suppress(OSError, Unavailable):  # it died or recovers
                if count_rows(self.daemon.rows('p', 'per_page')[1]) == rows:
                    return
            assert time.monotonic() < deadline, (rows, self.daemon.status('p'))
            time.sleep(0.02)


@pytest.mark.parametrize('failpoint', FAILPOINTS)
def test_a_crash_at_each_failpoint(start_daemon, monkeypatch, tmp_path, request, failpoint):
    done = tmp_path / 'done'
    done.mkdir()
    before = BEFORE[failpoint] + ',' if failpoint in BEFORE else ''
    monkeypatch.setenv('FRESHET_FAILPOINTS', f'{before}{failpoint}=crash@{AT.get(failpoint, 3)}')
    monkeypatch.setenv('FRESHET_FAILPOINTS_DONE', str(done))
    daemon = start_daemon(settings=['restarts.backoff_min=20ms'])
    if failpoint.startswith('kafka_'):
        broker = request.getfixturevalue('broker')
        broker.create_topic(failpoint, 2)
        sink = KAFKA_SINK.format(broker.address, failpoint)
    else:
        sink = FILES_SINK
    clicks, aggregate = Clicks(daemon), 'sum'
    clicks.apply(aggregate, sink)
    deadline = time.monotonic() + 60
    for turn in itertools.count():
        assert time.monotonic() < deadline, f'{failpoint} is never reached'
        clicks.send()
        if failpoint.startswith('catalog_'):  # each start of a group writes its number
            clicks.wait_rows(clicks.expected(aggregate))
            os.kill(daemon.shard_pids('p')[0], signal.SIGKILL)
        if turn == 10 and failpoint == 'files_sink_old_removed':
            aggregate = 'max'
            clicks.apply(aggregate, sink)
        if turn >= (3 if failpoint.startswith('catalog_') else 15) and (done / failpoint).exists():
            break
        time.sleep(0.01)
    clicks.send()
    clicks.wait_rows(clicks.expected(aggregate))

    def folded():
        if failpoint.startswith('kafka_'):
            return count_rows(fold_upserts(sink_records(broker, failpoint)))
        return fold_lines(file_lines(daemon.folder / 'out', 'out'))

    deadline = time.monotonic() + 60
    while folded() != clicks.expected(aggregate):
        assert time.monotonic() < deadline, daemon.status('p')['sinks']
        time.sleep(0.1)
