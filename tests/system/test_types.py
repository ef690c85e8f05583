"""Every type through a file, a view and a read, as JSON and CSV."""
import json
import subprocess

from freshet_daemon import BIN, ROOT

SCRIPT = """
CREATE TABLE t (k BIGINT PRIMARY KEY, r REAL, v VARCHAR(5), c CHAR(4), b BYTEA, t TIME, u UUID, i INTERVAL, j JSONB)
  WITH (connector = 'files', path = '{path}', format = 'json', mode = 'static');
CREATE MATERIALIZED VIEW v AS SELECT k, r, v, c, b, t, u, i, j, j ->> 'a' AS a, i + interval '1 day' AS later FROM t;
"""
ROWS = [
    {'k': 1, 'r': 0.1, 'v': 'abc', 'c': 'x', 'b': 'AP8Q', 't': '12:34:56.5', 'u': 'A0EEBC999C0B4EF8BB6D6BB9BD380A11', 'i': '1 mon',
     'j': {'b': [1, 2], 'a': 'text'}},
    {'k': 2, 'v': 'too long', 'u': 'none', 'i': 'P1Y', 'j': [None]},
]


def run(tmp_path, *arguments):
    (tmp_path / 'rows.json').write_text(''.join(json.dumps(row) + '\n' for row in ROWS))
    (tmp_path / 'p.sql').write_text(SCRIPT.format(path=tmp_path / 'rows.json'))
    return subprocess.run([BIN / 'freshet', 'run', tmp_path / 'p.sql', '--set', f'files.root={tmp_path}', *arguments], capture_output=True,
                          text=True, check=True, timeout=60).stdout


def test_rows_of_every_type_as_json(tmp_path):
    rows = [json.loads(line) for line in run(tmp_path, '--shards', '2', '-o', 'json').splitlines()]
    first, second = sorted((row.get('row', row) for row in rows), key=lambda row: row['k'])
    assert first == {'k': 1, 'r': 0.1, 'v': 'abc', 'c': 'x   ', 'b': 'AP8Q', 't': '12:34:56.5', 'u': 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
                     'i': '1 mon', 'j': {'a': 'text', 'b': [1, 2]}, 'a': 'text', 'later': '1 mon 1 day'}
    assert second == {'k': 2, 'r': None, 'v': None, 'c': None, 'b': None, 't': None, 'u': None, 'i': '1 year', 'j': [None], 'a': None,
                      'later': '1 year 1 day'}


def test_rows_of_every_type_as_csv(tmp_path):
    lines = run(tmp_path, '-o', 'csv').splitlines()
    assert '1,0.1,abc,x   ,\\x00ff10,12:34:56.5,a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,1 mon,"{""a"": ""text"", ""b"": [1, 2]}",text,1 mon 1 day' in lines


def test_the_page_of_functions_is_that_of_the_daemon():
    told = subprocess.run([BIN / 'freshetd', '--help-functions'], capture_output=True, text=True, check=True).stdout
    assert told == (ROOT / 'config' / 'functions.md').read_text()
