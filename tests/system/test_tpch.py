"""TPC-H's queries, all in one pipeline, give DuckDB's answers: over files, and while orders and their items go, come and change."""
import decimal
import json
import math
import subprocess
import sys

import pytest
from freshet_daemon import BIN, ROOT

sys.path.insert(0, str(ROOT / 'tools' / 'bench'))
import tpch_data  # noqa: E402 - what the bench generates, too

SCRIPT = ROOT / 'config' / 'examples' / 'tpch.sql'
# Those that rows are pushed to; their keys.
PUSHED = {'orders': ['o_orderkey'], 'lineitem': ['l_orderkey', 'l_linenumber']}
FROM_HTTP = 'tables:\n' + ''.join(f'  {table}: {{sources: [{{connector: http}}]}}\n' for table in PUSHED)


@pytest.fixture
def duckdb():
    connection = tpch_data.connect()
    tpch_data.generate(connection, 0.01)
    return connection


@pytest.fixture
def files_root(duckdb, tmp_path):
    tpch_data.write_tables(duckdb, tmp_path / 'root' / 'data' / 'tpch')
    return tmp_path / 'root'


def as_number(value):
    return None if value is None else decimal.Decimal(value).normalize()


def comparable(value, theirs):
    """Our cell as DuckDB's type: numeric is text in our JSON, dates too."""
    if isinstance(theirs, (int, decimal.Decimal)):
        return as_number(value)
    return value if isinstance(theirs, float) else value if value is None else str(value)


def assert_same_answers(ours, duckdb):
    """`ours`: rows by view, as JSON. Their doubles are sums in some order; everything else is equal."""
    answers = tpch_data.queries(duckdb)
    assert len(answers) == 22
    for number, query in answers.items():
        theirs = duckdb.execute(query).fetchall()
        rows = [list(row.values()) for row in ours[f'q{number}']]
        assert len(rows) == len(theirs), f'q{number}: {len(rows)} rows, DuckDB has {len(theirs)}'
        if not theirs:
            continue
        kinds = [next((row[i] for row in theirs if row[i] is not None), None) for i in range(len(theirs[0]))]
        exact = [i for i, kind in enumerate(kinds) if not isinstance(kind, float)]

        def by_exact(row):
            return [str(comparable(row[i], kinds[i])) for i in exact]
        for one, other in zip(sorted(rows, key=by_exact), sorted(theirs, key=by_exact)):
            for i, kind in enumerate(kinds):
                if isinstance(kind, float) and one[i] is not None and other[i] is not None:
                    assert math.isclose(float(one[i]), other[i], rel_tol=1e-9), (number, one, other)
                else:
                    assert comparable(one[i], kind) == comparable(other[i], kind), (number, one, other)


def answers_of(daemon):
    return {f'q{number}': daemon.rows('tpch', f'q{number}')[1] for number in range(1, 23)}


def send(daemon, table, body, content_type):
    status, _, answer = daemon.request('POST', f'/v1/pipelines/tpch/tables/{table}:ingest', body, content_type, wait='visible')
    assert status == 200 and json.loads(answer)['rejected'] == 0, answer


def push(daemon, duckdb, table, condition='true'):
    """The rows that DuckDB has, as they stand there."""
    path = daemon.folder / f'{table}.csv'
    duckdb.execute(f"COPY (FROM {table} WHERE {condition}) TO '{path}' (FORMAT csv, HEADER)")
    send(daemon, table, path.read_bytes(), 'text/csv')


def delete(daemon, duckdb, table, condition):
    keys = ', '.join(PUSHED[table])
    lines = [json.dumps({'delete': dict(zip(PUSHED[table], row))})
             for row in duckdb.execute(f'SELECT {keys} FROM {table} WHERE {condition}').fetchall()]
    assert lines
    duckdb.execute(f'DELETE FROM {table} WHERE {condition}')
    send(daemon, table, '\n'.join(lines).encode(), 'application/x-ndjson')


@pytest.mark.parametrize('shards', [1, 3])
def test_all_queries_over_files(duckdb, files_root, shards):
    done = subprocess.run([str(BIN / 'freshet'), 'run', str(SCRIPT), '--shards', str(shards), '-o', 'json'], cwd=files_root, text=True,
                          capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    rows = {f'q{number}': [] for number in range(1, 23)}
    for line in map(json.loads, done.stdout.splitlines()):
        rows[line['view']].append(line['row'])
    assert_same_answers(rows, duckdb)


@pytest.mark.parametrize('shards', [1, 3])
def test_all_queries_while_orders_change(start_daemon, duckdb, files_root, shards):
    daemon = start_daemon(files_root=files_root)
    (daemon.folder / 'http.yaml').write_text(f'options: {{shards: {shards}}}\n{FROM_HTTP}')
    daemon.cli('apply', '-f', str(SCRIPT), '-f', 'http.yaml', '--wait')
    for table in PUSHED:
        push(daemon, duckdb, table)
    assert_same_answers(answers_of(daemon), duckdb)
    # One in a hundred goes, items first in one half and orders first in the other.
    chosen = {'orders': 'o_orderkey % 100 = 7', 'lineitem': 'l_orderkey % 100 = 7'}
    for table in PUSHED:
        duckdb.execute(f'CREATE TABLE {table}_chosen AS FROM {table} WHERE {chosen[table]}')
        delete(daemon, duckdb, table, chosen[table])
    assert_same_answers(answers_of(daemon), duckdb)
    # They come back other than they were, and so do as many that are there.
    for table in PUSHED:
        duckdb.execute(f'INSERT INTO {table} FROM {table}_chosen')
    moved = [f'{column} = {column} + 400' for column in ('l_shipdate', 'l_commitdate', 'l_receiptdate')]
    changes = {'orders': "o_orderdate = o_orderdate + 200, o_orderpriority = '1-URGENT', o_custkey = o_custkey + 1",
               'lineitem': ', '.join([*moved, 'l_quantity = 51 - l_quantity, l_extendedprice = l_extendedprice / 2'])}
    changed = {table: condition.replace('% 100', '% 50') for table, condition in chosen.items()}
    for table in reversed(PUSHED):
        duckdb.execute(f'CREATE TABLE {table}_changed AS FROM {table} WHERE {changed[table]}')
        duckdb.execute(f'UPDATE {table} SET {changes[table]} WHERE {changed[table]}')
        push(daemon, duckdb, table, changed[table])
    assert_same_answers(answers_of(daemon), duckdb)
    # Everything is as in the beginning.
    for table in PUSHED:
        duckdb.execute(f'DELETE FROM {table} WHERE {changed[table]}')
        duckdb.execute(f'INSERT INTO {table} FROM {table}_changed')
        push(daemon, duckdb, table, changed[table])
    assert_same_answers(answers_of(daemon), duckdb)
    daemon.assert_no_errors_logged()
