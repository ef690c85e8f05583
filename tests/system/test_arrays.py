"""Arrays through ingest, views, reads by key and by filter, a sink and a restart; the example tags.sql."""
import json
import subprocess
import time

from freshet_daemon import BIN, ROOT
from sink_reader import count_rows, file_lines, fold_lines

SCRIPT = '''
SET shards = 2;
CREATE TABLE t (k BIGINT PRIMARY KEY, a INT[], n NUMERIC(6,2)[], b BYTEA ARRAY, at TIMESTAMP[]);
CREATE MATERIALIZED VIEW same AS SELECT k, a, n, b, at FROM t;
CREATE MATERIALIZED VIEW by_array WITH (key = 'a') AS SELECT a, array_agg(k ORDER BY k) AS ks FROM t GROUP BY a;
CREATE SINK out FROM by_array WITH (connector = 'files', path = 'out', format = 'json');
'''
ROWS = [
    {'k': 1, 'a': [1, None, 2], 'n': ['1.50', 2], 'b': ['AP8Q', None], 'at': ['2026-01-31T10:00:00']},
    {'k': 2, 'a': '{1,NULL,2}', 'n': [], 'b': '{}', 'at': [None]},
    {'k': 3, 'a': [[1]], 'n': None},
]


def ingest(daemon, pipeline, table, rows):
    body = ''.join(json.dumps(row) + '\n' for row in rows)
    daemon.request('POST', f'/v1/pipelines/{pipeline}/tables/{table}:ingest', body.encode(), 'application/x-ndjson', wait='visible')


def check(daemon):
    _, rows = daemon.rows('arrays', 'same', order='k')
    assert rows == [{'k': 1, 'a': [1, None, 2], 'n': ['1.50', '2.00'], 'b': ['AP8Q', None], 'at': ['2026-01-31T10:00:00']},
                    {'k': 2, 'a': [1, None, 2], 'n': [], 'b': [], 'at': [None]},
                    {'k': 3, 'a': None, 'n': None, 'b': None, 'at': None}]
    assert daemon.rows('arrays', 'by_array', key='"{1,NULL,2}"')[1] == [{'a': [1, None, 2], 'ks': [1, 2]}]
    assert daemon.rows('arrays', 'by_array', where="a @> ARRAY[2] AND 1 = ANY (ks)")[1] == [{'a': [1, None, 2], 'ks': [1, 2]}]
    assert daemon.rows('arrays', 'by_array', where="a = '{1,2}'")[1] == []


def test_arrays_go_in_and_out(start_daemon, tmp_path):
    daemon = start_daemon(files_root=tmp_path)
    daemon.cli('apply', '-f', '-', '--name', 'arrays', '--wait', input=SCRIPT)
    columns = {column['name']: column['type'] for column in daemon.get('/v1/pipelines/arrays/tables')['tables'][0]['columns']}
    assert columns == {'k': 'bigint', 'a': 'integer[]', 'n': 'numeric(6,2)[]', 'b': 'bytea[]', 'at': 'timestamp[]'}
    ingest(daemon, 'arrays', 't', ROWS)
    check(daemon)
    daemon.kill()
    daemon.start()
    daemon.wait_state('arrays', 'RUNNING')
    check(daemon)
    ingest(daemon, 'arrays', 't', [{'k': 2, 'a': [7]}])
    assert daemon.rows('arrays', 'by_array', key='"{7}"')[1] == [{'a': [7], 'ks': [2]}]
    assert daemon.rows('arrays', 'by_array', key='"{1,NULL,2}"')[1] == [{'a': [1, None, 2], 'ks': [1]}]
    wanted = count_rows(daemon.rows('arrays', 'by_array')[1])
    deadline = time.monotonic() + 30
    while fold_lines(file_lines(tmp_path / 'out', 'out')) != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    assert fold_lines(file_lines(tmp_path / 'out', 'out')) == wanted


def test_the_example_of_tags(daemon):
    daemon.cli('apply', '-f', ROOT / 'config' / 'examples' / 'tags.sql', '--wait')
    ingest(daemon, 'tags', 'articles', [{'id': 1, 'title': 'Streams', 'tags': ['sql', 'streaming']}, {'id': 2, 'tags': ['sql', None]},
                                        {'id': 3, 'title': 'None', 'tags': []}])
    assert daemon.rows('tags', 'per_tag', key='"sql"')[1] == [{'tag': 'sql', 'articles': 2, 'ids': [1, 2]}]
    ingest(daemon, 'tags', 'articles', [{'id': 1, 'tags': ['batch']}])
    assert daemon.rows('tags', 'per_tag', key='"sql"')[1] == [{'tag': 'sql', 'articles': 1, 'ids': [2]}]
    assert daemon.rows('tags', 'about_sql')[1] == [{'id': 2, 'title': None, 'main_tag': 'sql', 'tag_count': 2}]


def test_csv_has_arrays_as_texts(tmp_path):
    (tmp_path / 't.csv').write_text('k,a,w\n1,"{1,2}","{""a b"",NULL}"\n2,{},\n3,{x},{}\n')
    (tmp_path / 'p.sql').write_text("CREATE TABLE t (k INT, a INT[], w TEXT[]) WITH (connector = 'files', path = 't.csv', format = 'csv');"
                                    'CREATE MATERIALIZED VIEW v AS SELECT k, a, w FROM t;')
    told = subprocess.run([BIN / 'freshet', 'run', tmp_path / 'p.sql', '--set', f'files.root={tmp_path}', '-o', 'csv'],
                          capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()
    assert sorted(told[1:]) == ['1,"{1,2}","{""a b"",NULL}"', '2,{},', '3,,{}']
