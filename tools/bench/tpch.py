"""TPC-H: all 22 queries as materialized views of one pipeline, over files and then kept fresh, beside DuckDB, which loads the same files and
runs the 22 queries, once for each change. Each line is (what, value, unit, floor, goal, note)."""
import http.client
import json
import pathlib
import re
import sys
import tempfile

import measure
import tpch_data
from peers import Peer

SCRIPT = pathlib.Path(__file__).parents[2] / 'config' / 'examples' / 'tpch.sql'
MEMORY = 'options: {memory: 20GiB}\n'
# Rows come from the file, and then are pushed.
PUSHED = MEMORY + 'tables:\n' + ''.join(
    f'  {table}: {{sources: [{{connector: files, path: data/tpch/{table}.csv, format: csv, mode: static}}, {{connector: http}}]}}\n'
    for table in ('orders', 'lineitem'))
BATCH_ROWS = 1000

# Run by the peer's Python: the tables by the script's own declarations, one thread, seconds of CPU of each part.
DUCKDB = '''import json, sys, time
sys.path.insert(0, sys.argv[1])
import tpch_data
script, folder, repeat = sys.argv[2:]
connection = tpch_data.connect()
connection.execute('SET threads = 1')
def took(action):
    begin = time.process_time()
    action()
    return time.process_time() - begin
def load():
    for statement in tpch_data.declarations(open(script).read()):
        connection.execute(statement)
    for table in tpch_data.TABLES:
        connection.execute(f"COPY {table} FROM '{folder}/{table}.csv' (FORMAT csv, HEADER)")
taken = {'load': took(load), 'queries': {}}
for number, query in tpch_data.queries(connection).items():
    taken['queries'][number] = min(took(lambda: connection.execute(query).fetchall()) for _ in range(int(repeat)))
print(json.dumps(taken))
'''
BATCHES = '''import sys
sys.path.insert(0, sys.argv[1])
import tpch_data
tpch_data.write_batches(sys.argv[2], sys.argv[3], int(sys.argv[4]))
'''


def inputs_of(peer, folder, scale):
    """The folder in which data/tpch has the tables; made once."""
    root = folder / f'tpch-{scale:g}'
    made = root / 'made'
    if not made.exists():
        here = str(pathlib.Path(tpch_data.__file__).parent)
        measure.timed([peer.python, tpch_data.__file__, scale, root / 'data' / 'tpch'], '0', folder)
        measure.timed([peer.python, '-c', BATCHES, here, root / 'data' / 'tpch', root / 'batches', BATCH_ROWS], '0', folder)
        made.touch()
    return root


def duckdb_seconds(peer, root):
    script = root / 'tpch_on_duckdb.py'
    script.write_text(DUCKDB)
    _, out = measure.timed([peer.python, script, pathlib.Path(tpch_data.__file__).parent, SCRIPT, root / 'data' / 'tpch', 2], '0', root)
    taken = json.loads(out)
    return taken['load'], {int(number): seconds for number, seconds in taken['queries'].items()}


def run_over_files(binaries, root, script):
    (root / 'memory.yaml').write_text(MEMORY)
    command = [binaries / 'freshet', 'run', script, '-f', root / 'memory.yaml', '-o', 'csv']
    return measure.timed(command, '0', root, with_memory=True)[0]


def each_query(binaries, root):
    """Seconds of a run with one of the views only, reading its tables included, and where it is the plan's own work."""
    text = SCRIPT.read_text()
    tables, views = text[:text.index('CREATE MATERIALIZED VIEW')], re.split(r'(?=^CREATE MATERIALIZED VIEW)', text, flags=re.M)[1:]
    for number, view in enumerate(views, 1):
        script = root / f'q{number}.sql'
        read = [declaration for declaration in re.split(r'(?=^CREATE TABLE)', tables, flags=re.M)[1:]
                if re.search(rf'\b{declaration.split()[2]}\b', view)]
        script.write_text(''.join(read) + view)
        yield number, run_over_files(binaries, root, script).cpu_seconds


def cpu_of(pids):
    return sum(int(stat.read_text().split()[0]) for pid in pids for stat in pathlib.Path(f'/proc/{pid}/task').glob('*/schedstat')) / 1e9


def changes(binaries, root, queries_seconds):
    """1 % of orders, and their items, in batches: each is pushed and waited for until all views show it."""
    import os
    os.environ['FRESHET_BIN'] = str(binaries)
    sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / 'tests' / 'system'))
    from freshet_daemon import Daemon  # noqa: PLC0415 - reads FRESHET_BIN
    with tempfile.TemporaryDirectory() as place:
        daemon = Daemon(place, files_root=root, command=['taskset', '-c', '0'])
        try:
            (daemon.folder / 'pushed.yaml').write_text(PUSHED)
            daemon.cli('apply', '-f', str(SCRIPT), '-f', 'pushed.yaml', '--wait', timeout=1800)
            connection = http.client.HTTPConnection(daemon.endpoints['http'])
            taken = []
            for batch in sorted((root / 'batches').glob('*.csv')):
                before = cpu_of(daemon.shard_pids('tpch'))
                table = batch.stem.split('-')[1]
                connection.request('POST', f'/v1/pipelines/tpch/tables/{table}:ingest?wait=visible', batch.read_bytes(), {'Content-Type': 'text/csv'})
                answer = connection.getresponse()
                body = answer.read()
                assert answer.status == 200 and json.loads(body)['rejected'] == 0, body
                taken.append(cpu_of(daemon.shard_pids('tpch')) - before)
        finally:
            daemon.stop()
    summary = measure.Summary.of(taken)
    yield ('a batch of 1,000 changed orders or items, CPU of the shard', summary.median * 1000, 'ms', None, None,
           f'{len(taken)} batches, {summary} s')
    yield 'times as fast as running the 22 queries anew on DuckDB', queries_seconds / summary.median, 'x', -50, -500, ''


def figures(binaries, folder, scale, each):
    peer = Peer('duckdb', folder)
    peer.install()
    root = inputs_of(peer, folder, scale)
    load, queries = duckdb_seconds(peer, root)
    total = load + sum(queries.values())
    yield 'duckdb: loading the files', load, 'CPU s', None, None, ''
    yield 'duckdb: the 22 queries', sum(queries.values()), 'CPU s', None, None, ''
    ours = run_over_files(binaries, root, SCRIPT)
    yield 'freshet run: all 22 views over the files', ours.cpu_seconds, 'CPU s', None, None, f'{ours.seconds:.1f} s'
    yield 'times as long as duckdb', ours.cpu_seconds / total, 'x', 4, 1.5, ''
    yield 'peak memory of freshet run', ours.peak_bytes / 1e9, 'GB', 12, 6, ''
    if each:
        for number, seconds in each_query(binaries, root):
            yield (f'q{number} alone, with reading its tables', seconds, 'CPU s', None, None, f'duckdb: {queries[number]:.2f} s after loading')
    yield from changes(binaries, root, sum(queries.values()))
