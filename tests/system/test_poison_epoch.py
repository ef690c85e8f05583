"""A row that ends the shards each time they come to it: the pipeline fails by itself, names the epoch, and a corrected
definition goes on with everything that was sent."""
import re

from test_ingest import lines, send

SERIES = '''name: series
options: {shards: 2, memory: 96MiB}
tables:
  t:
    columns: [{name: n, type: bigint, not_null: true}]
views:
  numbers: {flat_map: {input: t, call: "generate_series(1, n)", as: i, keep: [n]}}
  by_i: {materialized: true, key: [i], aggregate: {input: numbers, keys: {i: i}, values: {n: "count(*)"}}}
'''


def rows_of(daemon):
    return daemon.wait_rows('series', 'by_i', lambda rows: True)[1]


def test_an_epoch_that_ends_its_shards_is_named(start_daemon):
    daemon = start_daemon(settings=['restarts.backoff_min=20ms', 'restarts.backoff_max=100ms'])
    path = daemon.folder / 'series.yaml'
    path.write_text(SERIES)
    daemon.cli('apply', '-f', str(path), '--wait')
    assert send(daemon, 't', lines({'n': 10}), pipeline='series', wait='visible')[0] == 200
    last = daemon.rows('series', 'by_i')[0]
    assert send(daemon, 't', lines({'n': 20_000_000}, {'n': 3}), pipeline='series')[0] == 200
    status = daemon.wait_state('series', 'FAILED')
    told = re.search(r'^epoch (\d+) has ended the shards 3 times in a row, the last time: shard \d takes .*options\.memory',
                     status['reason'])
    assert told, status['reason']
    assert int(told[1]) > last and status['epoch'] == last, (last, status)
    assert daemon.log.read_text().count('failed: in epoch ') == 3 and f'in epoch {told[1]}: shard' in daemon.log.read_text()
    code, _, body = daemon.request('GET', '/v1/pipelines/series/views/by_i/rows')
    assert code == 503 and b'PIPELINE_FAILED' in body and f'epoch {told[1]}'.encode() in body, body
    daemon.stop()
    daemon.start()
    assert daemon.status('series')['state'] == 'FAILED' and daemon.status('series')['reason'] == status['reason']

    path.write_text(SERIES.replace('input: t,', 'input: {filter: {input: t, condition: "n < 1000"}},'))
    daemon.cli('apply', '-f', str(path), '--wait')
    assert {row['i']: row['n'] for row in rows_of(daemon)} == {i: 1 + (i <= 3) for i in range(1, 11)}
    assert send(daemon, 't', lines({'n': 1}), pipeline='series', wait='visible')[0] == 200
    assert next(row for row in rows_of(daemon) if row['i'] == 1)['n'] == 3
    assert daemon.rows('series', 'by_i')[0] > int(told[1])
