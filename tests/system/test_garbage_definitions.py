"""Definitions with every kind of mistake: each is told with its place, code and remedy, and nothing is created."""
import json
import random
import subprocess

import pytest
from freshet_daemon import BIN, Daemon
from good_neighbour import GoodNeighbour, assert_memory_below

GOOD = '''name: planted
tables:
  v: {columns: [{name: a, type: integer}, {name: s, type: text}], sources: [{connector: files, path: v.csv, format: csv}]}
views:
  base: {materialized: true, filter: {input: v, condition: "a > 0"}}
'''


@pytest.fixture(scope='module')
def neighbour(tmp_path_factory):
    daemon = Daemon(tmp_path_factory.mktemp('definitions') / 'freshetd')
    neighbour = GoodNeighbour(daemon)
    neighbour.check()
    yield neighbour
    neighbour.check()
    daemon.assert_no_errors_logged()
    daemon.stop()


@pytest.fixture
def daemon(neighbour):
    yield neighbour.daemon
    assert_memory_below(neighbour.daemon, 300)


def problems(daemon, text, content_type='application/yaml'):
    data = text if isinstance(text, bytes) else text.encode()
    status, _, body = daemon.request('POST', '/v1/pipelines/planted:validate', data, content_type)
    assert status == 200, f'{status} {body[:500]}'
    found = json.loads(body)['problems']
    for problem in found:
        assert problem['message'] and problem['code'] and ('path' in problem or 'line' in problem or 'more problems' in problem['message'])
    return found


@pytest.mark.parametrize('line,code,word', [
    ('  x: {filter: {input: y, condition: "true"}}\n  y: {filter: {input: x, condition: "true"}}', 'CYCLIC_VIEWS', 'x'),
    ('  x: {filter: {input: x, condition: "true"}}', 'CYCLIC_VIEWS', 'x -> x'),
    ('  x: {filtre: {input: v, condition: "true"}}', 'UNKNOWN_FIELD', 'filter'),
    ('  x: {filter: {input: v, conditoin: "true"}}', 'UNKNOWN_FIELD', 'condition'),
    ('  x: {filter: {input: v, condition: "a +"}}', 'SYNTAX_ERROR', 'end of input'),
    ('  x: {filter: {input: v, condition: "a"}}', 'TYPE_MISMATCH', 'boolean'),
    ('  x: {filter: {input: v, condition: 7}}', None, ''),
    ('  x: {filter: {input: v, condition: [a]}}', None, ''),
    ('  x: {filter: {input: nope, condition: "true"}}', 'UNKNOWN_RELATION', 'nope'),
    ('  x: {filter: {input: v, condition: "nope = 1"}}', 'UNKNOWN_COLUMN', 'nope'),
    ('  x: {project: {input: v, columns: {b: "nofun(a)"}}}', 'UNKNOWN_FUNCTION', 'nofun(integer)'),
    ('  x: {project: {input: v, columns: {b: "count(*)"}}}', 'MISPLACED_AGGREGATE', 'count'),
    ('  x: {project: {input: v, columns: {b: "a + s"}}}', None, ''),
    ('  x: {project: {input: v, columns: {b: "CAST(\'x\' AS integer)"}}}', 'INVALID_LITERAL', 'x'),
    ('  x: {project: {input: v, columns: {b: "CAST(a AS nope)"}}}', 'UNKNOWN_TYPE', 'nope'),
    ('  x: {project: {input: v, columns: {b: "(SELECT 1)"}}}', None, ''),
    ('  x: {project: {input: v, columns: {b: "a; DROP TABLE v"}}}', 'SYNTAX_ERROR', ''),
    ('  x: {project: {input: v, columns: {b: "sum(a) OVER ()"}}}', None, ''),
    ('  x: {project: {input: v, columns: {b: ' + '(' * 501 + 'a' + ')' * 501 + '}}}', 'EXPRESSION_TOO_LARGE', '500'),
    ('  x: {project: {input: v, columns: {b: "' + 'a + ' * 20_000 + 'a"}}}', 'EXPRESSION_TOO_LARGE', ''),
    ('  x: {project: {input: v, columns: {b: "' + 'NOT ' * 12_000 + 'true"}}}', 'EXPRESSION_TOO_LARGE', ''),
    ('  x: {project: {input: v, columns: {b: "' + '-' * 3000 + 'a"}}}', None, ''),
    ('  x: {project: {input: v, columns: {b: "a' + '::integer' * 5000 + '"}}}', 'EXPRESSION_TOO_LARGE', ''),
    ('  x: {aggregate: {input: v, keys: {a: a}, values: {n: "s"}}}', 'NOT_AGGREGATED', 's'),
    ('  x: {aggregate: {input: v, keys: {a: a}, values: {n: "sum(count(*))"}}}', 'MISPLACED_AGGREGATE', ''),
    ('  x: {join: {left: v, right: base, kind: sideways, condition: "v.a = base.a"}}', 'UNSUPPORTED_JOIN', 'sideways'),
    ('  x: {join: {left: v, right: base, condition: "a = a"}}', 'AMBIGUOUS_COLUMN', 'a'),
    ('  x: {materialized: maybe, filter: {input: v, condition: "true"}}', 'INVALID_DEFINITION', 'maybe'),
    ('  x: {materialized: true, key: [nope], filter: {input: v, condition: "true"}}', 'UNKNOWN_COLUMN', 'nope'),
    ('  x: {}', 'MISSING_FIELD', ''), ('  x: 7', 'INVALID_DEFINITION', ''), ('  x: [v]', 'INVALID_DEFINITION', ''),
    ('  x:', None, ''), ('  base: {}', 'DUPLICATE_KEY', 'base'), ('\t- x', 'SYNTAX_ERROR', ''),
    ('  x: *none', 'SYNTAX_ERROR', ''), ('  x: !tag a', 'SYNTAX_ERROR', 'tag'), ('  ? [a]\n  : b', 'SYNTAX_ERROR', ''),
    ('--- {}', 'SYNTAX_ERROR', ''), ('  "": {filter: {input: v, condition: "true"}}', 'INVALID_NAME', ''),
    ('  "' + 'x' * 500 + '": {filter: {input: v, condition: "true"}}', 'INVALID_NAME', ''),
    ('sinks: {s: {from: base, connector: kafka}}', 'MISSING_OPTION', 'brokers'), ('optoins: {}', 'UNKNOWN_FIELD', 'options'),
    ('options: {shards: -1}', 'INVALID_DEFINITION', '-1'), ('options: {shards: 2.5}', 'INVALID_DEFINITION', '2.5'),
    ('options: {shards: 100000}', None, ''), ('options: {memory: lots}', 'INVALID_OPTION', 'lots'),
('options: [1]', 'INVALID_DEFINITION', '')])
def test_a_planted_mistake(daemon, line, code, word):
    found = problems(daemon, GOOD + line + '\n')
    assert found, 'nothing was found'
    assert found[0]['line'] >= 4 and found[0]['line'] <= 7, found
    if code:
        assert code in [problem['code'] for problem in found], found
    texts = [problem['message'] + problem.get('suggestion', '') for problem in found]
    assert any(word in text for text in texts), texts
    assert all(len(text) < 2000 for text in texts), [len(text) for text in texts]


@pytest.mark.parametrize('source,code,word', [
    ('{connector: filez, path: v.csv, format: csv}', 'UNKNOWN_CONNECTOR', 'files'),
    ('{path: v.csv, format: csv}', None, ''), ('7', 'INVALID_DEFINITION', ''),
    ('{connector: files, path: v.csv, format: csb}', 'UNKNOWN_FORMAT', 'csv'),
    ('{connector: files, path: v.csv}', 'MISSING_OPTION', 'format'),
    ('{connector: files, format: csv}', 'MISSING_OPTION', 'path'),
    ('{connector: files, pth: v.csv, format: csv}', 'UNKNOWN_OPTION', 'path'),
    ('{connector: files, path: v.csv, format: csv, mode: sideways}', 'INVALID_OPTION', 'follow'),
    ('{connector: files, path: v.csv, format: csv, header: perhaps}', 'INVALID_OPTION', 'header'),
    ('{connector: files, path: v.csv, format: csv, max_record_bytes: -1}', 'INVALID_OPTION', 'max_record_bytes'),
    ('{connector: files, path: v.csv, format: csv, bad_value: shrug}', 'INVALID_OPTION', 'bad_value'),
    ('{connector: files, path: [a], format: csv}', None, ''),
    ('{connector: files, path: ../v.csv, format: csv}', 'PATH_OUTSIDE_ROOT', 'files.root'),
    ('{connector: files, path: v.csv, format: avro}', None, 'avro'),
    ('{connector: files, path: v.csv, format: json, header: true}', 'UNKNOWN_OPTION', 'header'),
    ('{connector: kafka, brokers: "a:1", topic: t, format: json, kafka.sasl.password: hunter2}', 'LITERAL_SECRET', '${'),
    ('{connector: kafka, brokers: "a:1", topic: t, format: json, kafka.nope: 1}', 'UNKNOWN_OPTION', 'kafka.nope'),
    ('{connector: kafka, brokers: "a:1", topic: t, format: json, kafka.fetch.min.bytes: x}', 'INVALID_OPTION', 'fetch'),
    ('{connector: kafka, brokers: "a:1", topic: t, format: json, start: offsets}', 'MISSING_OPTION', 'start_offsets'),
    ('{connector: kafka, topic: t, format: json}', 'MISSING_OPTION', 'brokers'),
    ('{connector: kafka, brokers: "a:1", topic: t, format: json, envelope: upsert}', 'MISSING_PRIMARY_KEY', ''),
    ('{connector: kafka, brokers: "a:1", topic: t, format: json, envelope: debezium}', None, 'debezium'),
    ('{connector: http, path: x}', 'UNKNOWN_OPTION', 'path')])
def test_a_mistake_in_a_source(daemon, source, code, word):
    found = problems(daemon, GOOD.replace('{connector: files, path: v.csv, format: csv}', source))
    assert found and found[0]['line'] == 3, found
    if code:
        assert code in [problem['code'] for problem in found], found
    texts = [problem['message'] + problem.get('suggestion', '') for problem in found]
    assert any(word in text for text in texts), texts
    assert 'hunter2' not in json.dumps(found)


def test_all_mistakes_at_once(daemon, tmp_path):
    text = GOOD + ''.join(f'  x{i}: {{filter: {{input: nope{i}, condition: "true"}}}}\n' for i in range(500))
    found = problems(daemon, text)
    assert len(found) == 201 and found[200]['message'] == 'there are 300 more problems'
    assert [problem['line'] for problem in found[:200]] == list(range(6, 206))
    (tmp_path / 'many.yaml').write_text(text)
    done = daemon.cli('apply', '-f', str(tmp_path / 'many.yaml'), check=False)
    assert done.returncode == 4
    assert f'{tmp_path}/many.yaml:205:' in done.stderr and 'there are 300 more problems' in done.stderr


FILES = {
    'deep.yaml': b'[' * 200_000, 'maps.yaml': b'{a: ' * 100_000, 'deep.json': b'{"a":' * 100_000,
    'bomb.yaml': b'a: &a [x,x,x,x]\n' + b''.join(b'%c: &%c [%s]\n' % (98 + i, 98 + i, b','.join([b'*%c' % (97 + i)] * 9))
                                                  for i in range(20)),
    'large.yaml': b'name: x\n#' + b'x' * (5 << 20), 'huge.yaml': b'name: x\n#' + b'x' * (40 << 20),
    'binary.yaml': bytes(range(256)) * 100, 'utf16.yaml': 'name: x\n'.encode('utf-16'), 'nul.yaml': b'name: \0\n',
    'empty.yaml': b'', 'text.yaml': b'hello', 'list.yaml': b'- 1\n', 'cut.json': b'{"name": "x"', 'more.json': b'{} {}',
    'wide.yaml': b'views:\n' + b''.join(b'  v%d: {filter: {input: v, condition: "a > %d"}}\n' % (i, i) for i in range(20_000)),
    'select.sql': b'SELECT 1;\n'}


@pytest.mark.parametrize('name', FILES)
def test_a_file_that_is_no_definition(daemon, tmp_path, name):
    (tmp_path / name).write_bytes(FILES[name])
    done = daemon.cli('apply', '-f', name if name == '-' else str(tmp_path / name), '--wait', check=False, timeout=20)
    assert done.returncode in (2, 4), f'{done.returncode} {done.stderr[:1000]}'
    assert name in done.stderr, done.stderr[:1000]
    assert len(done.stderr) < 100_000 and 'libprotobuf' not in done.stderr
    assert daemon.cli('list', '-o', 'json').stdout.count('\n') == 1  # the good one alone


@pytest.mark.parametrize('order', ['forward', 'backward'])
def test_a_chain_of_10000_views(daemon, order):
    """Deeper than any stack likes."""
    lines = [f'  v{i}: {{filter: {{input: {"v" if i == 0 else f"v{i - 1}"}, condition: "a > {i}"}}}}' for i in range(10_000)]
    text = GOOD + '\n'.join(lines if order == 'forward' else lines[::-1]) + '\n'
    text += '  last: {materialized: true, filter: {input: v9999, condition: "true"}}\n'
    done = daemon.cli('validate', '-f', '-', check=False, input=text, timeout=10)
    assert done.returncode == 4 and 'at most 1000' in done.stderr, done.stderr[:1000]


def test_mutated_definitions(daemon):
    """A good definition with bytes changed, cut and doubled: a problem with its place, or a good one; never a crash."""
    rng = random.Random(7)
    base = (GOOD + '''  x:
    materialized: true
    key: [a]
    aggregate: {input: {join: {left: v, right: base, kind: left, condition: "v.a = base.a"}}, keys: {a: v.a},
                values: {n: "count(*)", m: "avg(CASE WHEN base.s LIKE 'x%' THEN base.a ELSE 0 END)"}}
''').encode()
    for _ in range(150):
        text = bytearray(base)
        for _ in range(rng.randint(1, 6)):
            at = rng.randrange(len(text))
            kind = rng.randrange(4)
            if kind == 0:
                text[at] = rng.choice(b'{}[]:,"\'()&*!|>-#% \n\t\0\xff09az')
            elif kind == 1:
                del text[at:at + rng.randint(1, 20)]
            elif kind == 2:
                text[at:at] = text[rng.randrange(len(text)):][:rng.randint(1, 60)]
            else:
                text[at:at] = rng.choice([b'NULL', b'9' * 40, b'((((', b'::text', b' OR ', b'{{', b'\xc3\xa9'])
        problems(daemon, bytes(text))


@pytest.mark.parametrize('arguments', [
    [], ['nope'], ['list', '--nope'], ['apply'], ['-o', 'xml', 'list'], ['rows', 'a'], ['rows', 'a', 'b', '--limit', '0'],
    ['rows', 'a', 'b', '--limit', 'x'], ['get'], ['run'], ['run', 'x.yaml', '--shards', '0'], ['--address', 'nope', 'list'],
    ['--address', '', 'list'], ['--address', '127.0.0.1:99999', 'list'], ['--address', 'http://127.0.0.1:1', 'list'],
    ['apply', '-f', '/nonexistent.yaml'], ['apply', '-f', '/'], ['validate', '-f', '/dev/zero'],
    ['tail', 'x'], ['sql', 'SELECT 1'], ['top'], ['diff', '-f', 'x'], ['checkpoint', 'x', '--y'], ['ingest', 'x'], ['ingest', 'x', 't', '--format', 'xml'],
    ['run', 'x.yaml', '--query', 'SELECT 1', '--view', 'v']])
def test_wrong_use_ends_with_2(arguments):
    done = subprocess.run([BIN / 'freshet', *arguments], capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 2, f'{done.returncode} {done.stderr}'
    assert done.stderr.strip() and not done.stdout
    if arguments and arguments[0] in ('sql', 'top', 'diff', 'checkpoint'):
        assert f'freshet {arguments[0]} is not built' in done.stderr
    if arguments == ['nope']:
        assert 'no command nope' in done.stderr


@pytest.mark.parametrize('address', ['127.0.0.1:1', 'nohost.invalid:99', 'silent', 'http'])
def test_an_unreachable_server_ends_with_5(daemon, address):
    import socket
    with socket.socket() as silent:
        silent.bind(('127.0.0.1', 0))
        silent.listen()  # takes connections and never answers
        if address == 'silent':
            address = f'127.0.0.1:{silent.getsockname()[1]}'
        if address == 'http':
            address = daemon.endpoints['http']
        done = subprocess.run([BIN / 'freshet', '--address', address, 'list'], capture_output=True, text=True, timeout=6,
                              check=False)
    assert done.returncode == 5, done.stderr
    assert address in done.stderr


def test_what_is_not_there_ends_with_3(daemon):
    for arguments in (['get', 'none'], ['status', 'none'], ['delete', 'none'], ['stop', 'none'], ['start', 'none'],
                      ['rows', 'none', 'v'], ['rows', 'good', 'none'], ['dead-letters', 'none'], ['explain', 'none']):
        done = daemon.cli(*arguments, check=False)
        assert done.returncode == 3, f'{arguments}: {done.returncode} {done.stderr}'
        assert 'none' in done.stderr and 'NOT_FOUND' in done.stderr


def test_run_of_what_cannot_run(tmp_path):
    def run(text, *arguments):
        (tmp_path / 'r.yaml').write_text(text)
        return subprocess.run([BIN / 'freshet', 'run', 'r.yaml', *arguments], capture_output=True, text=True, timeout=20,
                              check=False, cwd=tmp_path)

    follow = run(GOOD.replace('format: csv', 'format: csv, mode: follow'))
    assert follow.returncode == 2 and 'mode: static' in follow.stderr
    kafka = run(GOOD.replace('connector: files, path: v.csv', 'connector: kafka, brokers: "a:1", topic: t'))
    assert kafka.returncode == 2 and 'mode: static' in kafka.stderr
    missing = run(GOOD)
    assert missing.returncode == 1 and 'v.csv' in missing.stderr and not missing.stdout
    broken = run(GOOD.replace('a > 0', 'a >'))
    assert broken.returncode == 4 and 'r.yaml:5:' in broken.stderr
    (tmp_path / 'v.csv').write_text('a,s\n1,x\nbroken\n')
    fine = run(GOOD, '-o', 'json')
    assert fine.returncode == 0 and json.loads(fine.stdout) == {'a': 1, 's': 'x'}, fine.stderr
