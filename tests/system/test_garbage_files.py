"""Garbage in files: every record that cannot be used is a dead letter with code and position, counted exactly; its
well-formed neighbours are read; memory stays bounded; a good pipeline on the same daemon goes on."""
import json
import os
import random
import threading
import time

import pytest
from good_neighbour import GoodNeighbour, assert_memory_below


@pytest.fixture(scope='module')
def neighbour(tmp_path_factory):
    from freshet_daemon import Daemon
    daemon = Daemon(tmp_path_factory.mktemp('files') / 'freshetd',
                    settings=['restarts.backoff_min=50ms', 'restarts.failures_max=2'])
    neighbour = GoodNeighbour(daemon)
    neighbour.check()
    yield neighbour
    neighbour.check()
    daemon.stop()


@pytest.fixture
def daemon(neighbour):
    yield neighbour.daemon
    neighbour.check()


def definition(name, path, columns, options='', table='', shards=1):
    return f'''
name: {name}
options: {{shards: {shards}}}
tables:
  t: {{columns: {columns}, {table} sources: [{{connector: files, path: "{path}", {options}}}]}}
views:
  all: {{materialized: true, project: {{input: t, columns: {{k: k, v: v}}}}}}
'''


KV = '[{name: k, type: bigint}, {name: v, type: text}]'
KEY_V = '[{name: k, type: bigint, not_null: true}, {name: v, type: text}]'


def load(daemon, name, path, columns=KV, wait=True, **options):
    """Applies a pipeline over `path` and answers its rows as {k: v} and its dead letters."""
    done = daemon.cli('apply', '-f', '-', *(['--wait'] if wait else []), check=False,
                      input=definition(name, path, columns, **options))
    assert done.returncode == 0, done.stderr
    _, rows = daemon.rows(name, 'all')
    return {row['k']: row['v'] for row in rows}, letters_of(daemon, name)


def letters_of(daemon, name):
    letters, token = [], ''
    while True:
        answer = daemon.get(f'/v1/pipelines/{name}/dead-letters', limit=500, **({'page_token': token} if token else {}))
        letters += answer['dead_letters']
        token = answer['next_page_token']
        if not token:
            break
    for letter in letters:
        assert letter['message'] and letter['code'] and letter['position'] and letter['epoch'] > 0, letter
    assert counted(daemon, name) == len(letters)
    return letters


def counted(daemon, name):
    """The number in the status, once it stands still: shards report about once a second."""
    deadline, last = time.monotonic() + 3, -1
    while time.monotonic() < deadline:
        source = daemon.status(name)['sources'][0]
        if source['dead_letters'] == last:
            break
        last = source['dead_letters']
        time.sleep(1.1)
    return int(last)


def places(letters):
    return [(letter['position'], letter['code']) for letter in letters]


def test_csv_of_every_kind_of_wrong(daemon):
    lines = [b'k,v', b'1,good', b'2', b'3,good', b'4,a,b', b'5,"quoted, and ""all"" good"', b'6,"open', b'7,good',
             b'8,"a"b', b'9,good', b'10,x"y', b'11,\xff\xfe', b'12,good', b'x,bad key', b'14,nul \0 byte', b'15,"two',
             b'lines"', b'99999999999999999999,too large', b'16,good', b',,,,,', b'17,good', b'"', b'18,good']
    (daemon.files_root / 'wrong.csv').write_bytes(b'\n'.join(lines) + b'\n')
    rows, letters = load(daemon, 'wrong-csv', 'wrong.csv', options='format: csv, bad_value: dead_letter')
    good = {1: 'good', 3: 'good', 5: 'quoted, and "all" good', 7: 'good', 9: 'good', 12: 'good', 15: 'two\nlines',
            16: 'good', 17: 'good', 18: 'good'}
    assert {key: rows.get(key) for key in good} == good
    assert set(rows) - set(good) <= {14}, rows
    codes = dict(places(letters))
    assert codes['line 3'] == 'TOO_FEW_FIELDS' and codes['line 5'] == 'TOO_MANY_FIELDS'
    assert codes['line 7'] == codes['line 9'] == codes['line 11'] == codes['line 22'] == 'MALFORMED_RECORD'
    assert codes['line 12'] in ('BAD_VALUE', 'INVALID_UTF8') and codes['line 14'] == 'BAD_VALUE'
    assert codes['line 18'] == 'BAD_VALUE' and codes['line 20'] == 'TOO_MANY_FIELDS'
    assert len(letters) + len(rows) == 21


def test_csv_whose_header_fits_nothing(daemon):
    (daemon.files_root / 'head.csv').write_text('a,b\n1,2\n')
    rows, letters = load(daemon, 'head', 'head.csv', options='format: csv')
    assert rows == {} and len(letters) >= 1
    assert places(letters) == [('line 1', 'MALFORMED_RECORD'), ('line 2', 'MALFORMED_RECORD')]
    assert 'names no column' in letters[0]['message'] and 'header = false' in letters[0]['message'], letters


def test_json_of_every_kind_of_wrong(daemon):
    deep = 100_000
    lines = [b'{"k": 1, "v": "good"}', b'{"k": 2, "v": ', b'{"k": 3, "v": "good"}', b'[' * deep, b'{"a":' * deep,
             b'{"k": 4, "v": ' + b'[' * deep + b']' * deep + b'}', b'{"k": 5, "v": "good"}', b'{"k": 6} {"k": 7}',
             b'"text"', b'null', b'[1, 2]', b'{"k": "eight", "v": "x"}', b'{"k": 9, "v": "\xff"}', b'\0' * 50,
             b'{"k": 10, "v": "good", "unknown": {"x": [1]}}', b'{"k": 1e400, "v": "x"}', b'{k: 11}',
             b'{"k": 12, "v": "bad \\q escape"}', b'', b'   ', b'{"k": 13, "v": "good"}', b'{"k": 14, "v": "\\ud800"}',
             b'}{', b'{"k": 15, "v": "good"}']
    (daemon.files_root / 'wrong.json').write_bytes(b'\n'.join(lines) + b'\n')
    rows, letters = load(daemon, 'wrong-json', 'wrong.json', columns=KEY_V, options='format: json, bad_value: dead_letter')
    good = {key: 'good' for key in (1, 3, 5, 10, 13, 15)}
    assert {key: rows.get(key) for key in good} == good
    assert set(rows) == set(good), rows
    assert len(letters) + len(rows) == 22, places(letters)
    codes = dict(places(letters))
    assert codes['line 2'] == codes['line 4'] == codes['line 5'] == 'MALFORMED_RECORD'
    assert codes['line 13'] == 'INVALID_UTF8'
    for letter in letters:
        assert len(letter['record']) <= 1024


def test_random_bytes_in_each_format(daemon):
    rng = random.Random(5)
    noise = rng.randbytes(1 << 20)
    for kind in ('csv', 'json'):
        good = [b'k,v'] if kind == 'csv' else []
        for key in range(100):
            good.append(f'{key},good'.encode() if kind == 'csv' else json.dumps({'k': key, 'v': 'good'}).encode())
        (daemon.files_root / f'noise.{kind}').write_bytes(b'\n'.join(good) + b'\n' + noise + b'\n' +
                                                          b'\n'.join(good[-100:]).replace(b'good', b'end') + b'\n')
        done = daemon.cli('apply', '-f', '-', '--wait', check=False, input=definition(
            f'noise-{kind}', f'noise.{kind}', KEY_V, f'format: {kind}, bad_value: dead_letter'))
        assert done.returncode == 0, done.stderr
        _, rows = daemon.rows(f'noise-{kind}', 'all')
        # The line end in front of the noise's last line belongs to it, so that the records behind it are whole.
        assert {row['k'] for row in rows if row['v'] == 'good'} == set(range(100))
        assert {row['k'] for row in rows if row['v'] == 'end'} == set(range(100))
        letters = letters_of_large(daemon, f'noise-{kind}')
        assert letters > 1000
    assert_memory_below(daemon, 400)


def letters_of_large(daemon, name):
    listed = daemon.get(f'/v1/pipelines/{name}/dead-letters', limit=10000)['dead_letters']
    count = counted(daemon, name)
    assert 0 < len(listed) <= count
    return count


@pytest.mark.parametrize('kind', ['csv', 'json', 'raw'])
def test_a_line_of_1_gib(daemon, kind):
    """Sparse: NUL bytes that take no disk."""
    first = {'csv': b'k,v\n1,good\n', 'json': b'{"k":1,"v":"good"}\n', 'raw': b'good\n'}[kind]
    last = {'csv': b'\n2,good\n', 'json': b'\n{"k":2,"v":"good"}\n', 'raw': b'\ngood\n'}[kind]
    path = daemon.files_root / f'huge.{kind}'
    with open(path, 'wb') as file:
        file.write(first)
        file.seek(1 << 30, os.SEEK_CUR)
        file.write(last)
    name = f'huge-{kind}'
    if kind == 'raw':
        text = definition(name, path.name, '[{name: v, type: text}]', 'format: raw').replace('k: k, ', '')
        daemon.cli('apply', '-f', '-', '--wait', input=text)
        assert daemon.rows(name, 'all')[1] == [{'v': 'good'}, {'v': 'good'}]
        letters = letters_of(daemon, name)
    else:
        rows, letters = load(daemon, name, path.name, options=f'format: {kind}')
        assert rows == {1: 'good', 2: 'good'}
    assert [letter['code'] for letter in letters] == ['RECORD_TOO_LARGE']
    assert str(1 << 30) in letters[0]['message']
    assert_memory_below(daemon, 400)
    daemon.cli('delete', name)
    path.unlink()


def test_paths_that_are_no_files(daemon):
    root = daemon.files_root
    os.mkfifo(root / 'fifo.csv')
    (root / 'folder.csv').mkdir()
    (root / 'dangling.csv').symlink_to(root / 'nothing')
    (root / 'outside.csv').symlink_to('/etc/passwd')
    for path in ('fifo.csv', 'folder.csv', 'dangling.csv', 'missing.csv', 'none*.csv', 'outside.csv'):
        name = 'path-' + path.split('.')[0].replace('*', '')
        done = daemon.cli('apply', '-f', '-', '--wait', check=False,
                          input=definition(name, path, KV, 'format: csv'), timeout=30)
        assert done.returncode in (1, 4), f'{path}: {done.returncode} {done.stdout}{done.stderr}'
        assert path in done.stderr, f'{path}: {done.stderr}'
    for path in ('../x.csv', '/etc/passwd', 'a/../../x.csv', ''):
        done = daemon.cli('apply', '-f', '-', check=False, input=definition('path-bad', path, KV, 'format: csv'))
        assert done.returncode == 4 and 'path' in done.stderr, f'{path}: {done.stderr}'


def test_names_that_are_no_text(daemon):
    folder = daemon.files_root / 'odd'
    folder.mkdir()
    for name in (b'a\xff\xfe.csv', b'new\nline.csv', b'quote".csv', 'schön.csv'.encode(), b'-rf.csv', b'sp ace.csv'):
        with open(os.path.join(os.fsencode(folder), name), 'wb') as file:
            file.write(b'k,v\n1,good\nbad\n')
    refused = daemon.cli('apply', '-f', '-', '--wait', input=definition('odd', 'odd/*.csv', KV, 'format: csv'), check=False)
    assert refused.returncode == 1 and 'odd/a\\xff\\xfe.csv is not UTF-8' in refused.stderr, refused.stderr
    # What is followed goes on with the others.
    daemon.cli('apply', '-f', '-', '--wait', input=definition(
        'odd', 'odd/*.csv', KV, 'format: csv, mode: follow, poll_interval_ms: 20'))
    _, rows = daemon.rows('odd', 'all')
    assert len(rows) == 5
    assert len(letters_of(daemon, 'odd')) == 5
    assert 'odd/a\\xff\\xfe.csv is left out' in daemon.status('odd')['sources'][0]['message']


def test_a_file_that_is_cut_off_or_deleted_while_it_is_followed(daemon):
    options = 'format: csv, mode: follow, poll_interval_ms: 20'
    for name, change in (('cut', lambda path: os.truncate(path, 4)), ('gone', os.unlink)):
        path = daemon.files_root / f'{name}.csv'
        path.write_text('k,v\n1,a\n2,b\n')
        rows, _ = load(daemon, name, path.name, options=options)
        assert rows == {1: 'a', 2: 'b'}
        change(path)
        if name == 'gone':  # what was read stays
            assert daemon.status(name)['state'] == 'RUNNING'
            continue
        status = daemon.wait_state(name, 'FAILED', timeout=20)
        assert 'cut.csv' in status['reason'], status


def test_a_folder_that_appears_later_is_followed(daemon):
    daemon.cli('apply', '-f', '-', '--wait', input=definition(
        'later', 'later/*.csv', KV, 'format: csv, mode: follow, poll_interval_ms: 20'))
    (daemon.files_root / 'later').mkdir()
    for i in range(3):
        (daemon.files_root / 'later' / f'{i}.csv').write_text(f'k,v\n{i},x\nbroken\n')
    daemon.wait_rows('later', 'all', lambda rows: len(rows) == 3, timeout=10)
    assert len(letters_of(daemon, 'later')) == 3


def test_a_writer_that_appends_garbage_in_pieces(daemon):
    """Lines arrive cut anywhere, also in the middle of a character; letters are counted once."""
    path = daemon.files_root / 'pieces.csv'
    path.write_text('k,v\n')
    daemon.cli('apply', '-f', '-', '--wait', input=definition(
        'pieces', path.name, KEY_V, 'format: csv, mode: follow, poll_interval_ms: 10, bad_value: dead_letter'))
    rng = random.Random(3)
    text = b''.join((f'{i},"ü{i}"\n' if i % 3 else f'{i},x,y\n').encode() for i in range(300))

    def write():
        at = 0
        with open(path, 'ab', buffering=0) as file:
            while at < len(text):
                size = rng.randint(1, 60)
                file.write(text[at:at + size])
                at += size

    writer = threading.Thread(target=write)
    writer.start()
    writer.join()
    _, rows = daemon.wait_rows('pieces', 'all', lambda rows: len(rows) >= 200, timeout=10)
    assert {row['k'] for row in rows} == {i for i in range(300) if i % 3}
    daemon.wait_rows('pieces', 'all', lambda _: int(daemon.status('pieces')['sources'][0]['dead_letters']) >= 100)
    assert len(letters_of(daemon, 'pieces')) == 100


def test_more_dead_letters_than_are_kept(daemon):
    (daemon.files_root / 'many.csv').write_text('k,v\n' + 'bad\n' * 50_000 + '1,good\n')
    daemon.cli('apply', '-f', '-', '--wait', input=definition('many', 'many.csv', KV, 'format: csv', shards=2))
    assert daemon.rows('many', 'all')[1] == [{'k': 1, 'v': 'good'}]
    assert letters_of_large(daemon, 'many') == 50_000
    assert_memory_below(daemon, 400)
