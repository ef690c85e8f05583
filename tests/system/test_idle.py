"""Pipelines with nothing to do: they sleep, and see what comes at once."""
import pathlib
import time

from freshet_daemon import Daemon

FOLLOWED = '''name: {name}
tables:
  t:
    columns: [{{name: k, type: bigint}}]
    sources: [{{connector: files, path: "in/*.csv", format: csv, mode: follow}}]
  pushed: {{columns: [{{name: k, type: bigint}}]}}
views:
  total: {{materialized: true, aggregate: {{input: t, values: {{n: "count(*)"}}}}}}
  both: {{materialized: true, aggregate: {{input: pushed, values: {{n: "count(*)"}}}}}}
'''
PIPELINES = 4
SECONDS = 4


def wake_ups(pids):
    """How often threads of these processes went to sleep by themselves."""
    lines = [line for pid in pids for status in pathlib.Path(f'/proc/{pid}/task').glob('*/status') for line in status.read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith('voluntary_ctxt_switches'))


def test_idle_pipelines_sleep_and_see_what_comes(tmp_path):
    daemon = Daemon(tmp_path)
    (tmp_path / 'in').mkdir()
    (tmp_path / 'in' / 'a.csv').write_text('k\n1\n')
    for number in range(PIPELINES):
        definition = tmp_path / 'p.yaml'
        definition.write_text(FOLLOWED.format(name=f'p{number}'))
        daemon.cli('apply', '-f', str(definition), '--name', f'p{number}', '--wait')
    shards = [pid for number in range(PIPELINES) for pid in daemon.shard_pids(f'p{number}')]
    time.sleep(4)  # for what a start leaves to do
    before = wake_ups(shards)
    time.sleep(SECONDS)
    # One that looks at its files twice and at itself once a second has more than three.
    assert (wake_ups(shards) - before) / PIPELINES / SECONDS < 1.5
    with open(tmp_path / 'in' / 'a.csv', 'a') as file:
        file.write('2\n')
    (tmp_path / 'in' / 'b.csv').write_text('k\n3\n')
    for number in range(PIPELINES):
        daemon.wait_rows(f'p{number}', 'total', lambda rows: rows == [{'n': 3}], timeout=20)
    # What is told about a pipeline is as fresh as before.
    status, _, body = daemon.request('POST', '/v1/pipelines/p0/tables/pushed:ingest?wait=visible', b'{"k": 1}\n', 'application/x-ndjson')
    assert status == 200, body
    deadline = time.monotonic() + 20
    while 'freshet_ingest_requests_total{pipeline="p0"' not in (text := daemon.request('GET', '/metrics')[2].decode()) or \
            any(line.startswith('freshet_ingest_requests_total{pipeline="p0"') and line.endswith(' 0') for line in text.splitlines()):
        assert time.monotonic() < deadline, text
        time.sleep(0.1)
    assert daemon.status('p0')['epoch'] > 0
    daemon.stop()
    daemon.assert_no_errors_logged()
