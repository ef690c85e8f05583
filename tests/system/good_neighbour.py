"""A good pipeline that must go on while others are fed garbage, and the memory that the daemon and its shards took."""
import pathlib

DEFINITION = '''
name: good
tables:
  t:
    columns: [{{name: k, type: bigint}}]
    sources: [{{connector: files, path: "{path}", format: csv, mode: follow, poll_interval_ms: 50}}]
views:
  counted: {{materialized: true, key: [k], aggregate: {{input: t, keys: {{k: k}}, values: {{n: "count(*)"}}}}}}
'''


class GoodNeighbour:
    """Follows a file on the same daemon. `check()` appends a row and waits until the view shows it."""

    def __init__(self, daemon):
        self.daemon, self.sent = daemon, 0
        self.file = daemon.files_root / 'good.csv'
        self.file.write_text('k\n')
        daemon.cli('apply', '-f', '-', '--wait', input=DEFINITION.format(path='good.csv'))
        self.pids = daemon.shard_pids('good')

    def check(self):
        with open(self.file, 'a') as file:
            file.write(f'{self.sent}\n')
        self.sent += 1
        _, rows = self.daemon.wait_rows('good', 'counted', lambda rows: len(rows) >= self.sent, timeout=10)
        assert sorted(row['k'] for row in rows) == list(range(self.sent))
        assert self.daemon.shard_pids('good') == self.pids, 'the good pipeline was restarted'


def memory_high(pid):
    """The most bytes that a process had resident."""
    for line in pathlib.Path(f'/proc/{pid}/status').read_text().splitlines():
        if line.startswith('VmHWM:'):
            return int(line.split()[1]) * 1024
    raise AssertionError(f'/proc/{pid}/status has no VmHWM')


def assert_memory_below(daemon, mib):
    """Of the daemon, and of each shard of each pipeline that has some."""
    pids = {'freshetd': daemon.process.pid}
    for pipeline in daemon.get('/v1/pipelines')['pipelines']:
        name = pipeline['name'].rsplit('/', 1)[-1]
        for shard in daemon.status(name).get('shards', []):
            if shard.get('pid'):
                pids[f'{name} shard {shard.get("shard")}'] = shard['pid']
    took = {name: memory_high(pid) >> 20 for name, pid in pids.items() if pathlib.Path(f'/proc/{pid}').exists()}
    assert max(took.values()) < mib, f'MiB at most: {took}'
