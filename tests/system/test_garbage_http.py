"""Garbage over HTTP: each is answered with a problem that has a code, and neither the daemon nor the pipelines care."""
import json
import random
import socket
import threading
import time

import pytest
from good_neighbour import GoodNeighbour, assert_memory_below

ROWS = '/v1/pipelines/good/views/counted/rows'


@pytest.fixture
def neighbour(start_daemon):
    neighbour = GoodNeighbour(start_daemon(settings=['http.request_bytes_max=1MiB', 'http.idle_timeout=2s',
                                                     'http.connections_max=64']))
    neighbour.check()
    yield neighbour
    neighbour.check()
    assert_memory_below(neighbour.daemon, 128)
    neighbour.daemon.assert_no_errors_logged()


def connect(daemon):
    host, port = daemon.endpoints['http'].rsplit(':', 1)
    return socket.create_connection((host, int(port)), timeout=10)


def exchange(daemon, data):
    """Sends bytes, and reads until the server closes or 10 s are over."""
    answer = b''
    with connect(daemon) as client:
        try:
            client.sendall(data)
            while part := client.recv(65536):
                answer += part
        except (ConnectionResetError, BrokenPipeError):
            pass
    return answer


def code_of(answer):
    head, _, body = answer.partition(b'\r\n\r\n')
    assert b'application/problem+json' in head, answer[:500]
    return int(head.split()[1]), json.loads(body)['code']


def test_bytes_that_are_no_http(neighbour):
    rng = random.Random(1)
    for size in [1, 7, 100, 4096, 70000]:
        answer = exchange(neighbour.daemon, rng.randbytes(size) + b'\r\n\r\n')
        assert answer == b'' or code_of(answer)[0] in (400, 413), answer[:200]
    for request in [b'GET / HTTP/9.9\r\n\r\n', b'GET\r\n\r\n', b'GET / HTTP/1.1\r\nno colon\r\n\r\n', b'\0' * 100,
                    b'GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n', b'GET / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n',
                    b'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
                    b'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n',
                    b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + b'a' * 200]:
        answer = exchange(neighbour.daemon, request)
        assert answer == b'' or code_of(answer)[0] == 400, answer[:200]


def test_requests_that_are_too_large(neighbour):
    large = 'GET / HTTP/1.1\r\nA: ' + 'a' * 100_000 + '\r\n\r\n'
    assert code_of(exchange(neighbour.daemon, large.encode())) == (413, 'REQUEST_TOO_LARGE')
    many = 'GET / HTTP/1.1\r\n' + ''.join(f'h{i}: {i}\r\n' for i in range(5000)) + '\r\n'
    assert code_of(exchange(neighbour.daemon, many.encode())) == (413, 'REQUEST_TOO_LARGE')
    target = 'GET /' + 'a' * 100_000 + ' HTTP/1.1\r\n\r\n'
    assert code_of(exchange(neighbour.daemon, target.encode())) == (413, 'REQUEST_TOO_LARGE')
    for length in [2 << 20, 1 << 40, (1 << 64) - 1]:
        declared = f'PUT /v1/pipelines/x HTTP/1.1\r\nContent-Length: {length}\r\n\r\n'
        assert code_of(exchange(neighbour.daemon, declared.encode())) == (413, 'REQUEST_TOO_LARGE')
    chunk = b'10000\r\n' + b'x' * 65536 + b'\r\n'
    endless = b'PUT /v1/pipelines/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n' + chunk * 100
    answer = exchange(neighbour.daemon, endless)
    assert answer == b'' or code_of(answer) == (413, 'REQUEST_TOO_LARGE')


def test_clients_that_are_slow_or_do_not_read(neighbour):
    daemon = neighbour.daemon
    slow = [connect(daemon) for _ in range(30)]
    deadline = time.monotonic() + 8
    for client in slow:
        client.sendall(b'GET /livez HTT')
    greedy = []
    for _ in range(10):  # ask for many answers and never read one
        client = connect(daemon)
        client.settimeout(0.2)
        try:
            while True:
                client.sendall(b'GET /openapi.json HTTP/1.1\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n' * 100)
        except (TimeoutError, ConnectionResetError, BrokenPipeError):
            greedy.append(client)
    neighbour.check()
    for client in slow:  # closed by the idle timeout
        client.settimeout(max(deadline - time.monotonic(), 0.1))
        assert client.recv(100) == b''
    for client in slow + greedy:
        client.close()


def test_more_connections_than_allowed(neighbour):
    daemon = neighbour.daemon
    clients = [connect(daemon) for _ in range(100)]
    refused = 0
    for client in clients[70:]:
        client.settimeout(5)
        answer = client.recv(4096)
        refused += answer == b'' or b' 503 ' in answer.splitlines()[0]
    assert refused == 30
    for client in clients:
        client.close()
    deadline = time.monotonic() + 5
    while True:  # those that ended make room
        try:
            assert daemon.request('GET', '/livez')[0] in (200, 503)
            if daemon.request('GET', '/livez')[0] == 200:
                break
        except OSError:
            pass
        assert time.monotonic() < deadline


@pytest.mark.parametrize('query,code', [
    ({'limit': '0'}, 'INVALID_REQUEST'), ({'limit': '-1'}, 'INVALID_REQUEST'), ({'limit': '1e3'}, 'INVALID_REQUEST'),
    ({'limit': '99999999999999999999'}, 'INVALID_REQUEST'), ({'limit': ''}, 'INVALID_REQUEST'),
    ({'lmit': '1'}, 'UNKNOWN_FIELD'), ({'epoch': 'x'}, 'INVALID_REQUEST'), ({'epoch': '-1'}, 'INVALID_REQUEST'),
    ({'epoch': '18446744073709551616'}, 'INVALID_REQUEST'), ({'at_least': '4000000000'}, 'EPOCH_NOT_REACHED'),
    ({'at_least': 'garbage'}, ('INVALID_REQUEST', 'INVALID_TOKEN')), ({'page_token': 'garbage'}, 'INVALID_TOKEN'),
    ({'page_token': '\x00\xff' * 50}, 'INVALID_TOKEN'), ({'key': '{'}, 'INVALID_KEY'), ({'key': '"x"'}, 'INVALID_KEY'),
    ({'key': '[1,2]'}, 'INVALID_KEY'), ({'key': '1e400'}, 'INVALID_KEY'), ({'key': ''}, 'INVALID_KEY'),
    ({'key': '[' * 1000}, 'INVALID_KEY'), ({'key': '{"a":' * 1000}, 'INVALID_KEY'),
    ({'where': 'k +'}, 'SYNTAX_ERROR'), ({'where': 'k'}, 'TYPE_MISMATCH'), ({'where': 'nope > 1'}, 'UNKNOWN_COLUMN'),
    ({'where': 'count(*) > 1'}, 'MISPLACED_AGGREGATE'), ({'where': '(' * 5000}, ('EXPRESSION_TOO_LARGE', 'SYNTAX_ERROR')),
    ({'where': '1; DROP TABLE t'}, 'SYNTAX_ERROR'), ({'where': "k = 'x'"}, 'INVALID_LITERAL'),
    ({'where': '\x00'}, ('SYNTAX_ERROR', 'INVALID_REQUEST')), ({'where': b'\xff\xfe'}, 'INVALID_REQUEST'),
    ({'where': ''}, 'INVALID_REQUEST'),
    ({'where': 'nofunc(k)'}, 'UNKNOWN_FUNCTION'), ({'order': 'nope'}, 'UNKNOWN_COLUMN'),
    ({'order': 'k sideways'}, 'INVALID_REQUEST'), ({'order': ',,'}, 'INVALID_REQUEST'),
    ({'format': 'xml'}, 'INVALID_REQUEST'), ({'int64': 'maybe'}, 'INVALID_REQUEST'),
    ({'limit': ['1', '2']}, 'INVALID_REQUEST')])
def test_parameters(http_daemon, query, code):
    status, headers, body = http_daemon.request('GET', ROWS, **query)
    assert status in (400, 409, 422), f'{status} {body}'
    assert headers['Content-Type'] == 'application/problem+json'
    problem = json.loads(body)
    assert problem['code'] in (code if isinstance(code, tuple) else (code,)), problem
    assert problem['detail'], problem


@pytest.fixture(scope='module')
def http_daemon(tmp_path_factory):
    from freshet_daemon import Daemon
    daemon = Daemon(tmp_path_factory.mktemp('http') / 'freshetd')
    neighbour = GoodNeighbour(daemon)
    neighbour.check()
    yield daemon
    neighbour.check()
    daemon.assert_no_errors_logged()
    daemon.stop()


@pytest.mark.parametrize('method,path,status', [
    ('GET', '/nope', 404), ('GET', '//', 404), ('GET', '/v1/pipelines/none/status', 404), ('PATCH', '/v1/pipelines', 405),
    ('GET', '/v1/pipelines/good/views/none/rows', 404), ('GET', '/v1/pipelines/good/tables/t/rows', 409),
    ('GET', '/v1/pipelines/%00/status', (400, 404)), ('GET', '/v1/pipelines/%ff%fe/status', (400, 404)),
    ('GET', '/v1/pipelines/%zz/status', 400), ('GET', '/v1/pipelines/..%2f..%2fetc/status', (400, 404)),
    ('GET', '/v1/pipelines/' + 'a' * 5000 + '/status', (400, 404)), ('POST', '/v1/pipelines/good:nope', (404, 405)),
    ('GET', '/v1/pipelines?page_size=x', 400), ('GET', '/v1/pipelines?page_token=x', 400),
    ('GET', '/v1/pipelines/good/dead-letters?limit=x', 400), ('GET', '/v1/pipelines/good/dead-letters?page_token=x', 400),
    ('POST', '/v1/pipelines/good/tables/t:ingest', 415), ('POST', '/v1/pipelines/good:query', 501),
    ('GET', '/v1/pipelines/good/views/none/changes', 404), ('GET', '/v1/pipelines/none/views/counted/changes', 404),
    ('GET', '/v1/pipelines/good/views/counted/changes?from=yesterday', 400),
    ('GET', '/v1/pipelines/good/views/counted/changes?from=-1', 400),
    ('GET', '/v1/pipelines/good/views/counted/changes?from=9007199254740993', 400),
    ('GET', '/v1/pipelines/good/views/counted/changes?envelope=x', 400),
    ('GET', '/v1/pipelines/good/views/counted/changes?format=csv', 400), ('DELETE', '/v1/pipelines/none', 404)])
def test_paths(http_daemon, method, path, status):
    got, headers, body = http_daemon.request(method, path)
    assert got in (status if isinstance(status, tuple) else (status,)), f'{got} {body[:500]}'
    assert headers['Content-Type'] == 'application/problem+json'
    assert json.loads(body)['code']


@pytest.mark.parametrize('content_type,body', [
    ('application/yaml', b'\x00\xff\xfe' * 100), ('application/yaml', b''), ('application/yaml', b'name: [\n'),
    ('application/yaml', b'- 1\n- 2\n'), ('application/yaml', b'[' * 100_000), ('application/json', b'{"a":' * 100_000),
    ('application/json', b'{'), ('application/json', b'null'), ('application/json', b'{"name": "x", "name": "y"}'),
    ('application/json', b'{} {}'), ('application/sql', b'SELECT 1'), ('text/html', b'<p>'),
    ('application/yaml', b'x: &a [1]\ny: *a\n')])
def test_definitions_by_put(http_daemon, content_type, body):
    status, headers, answer = http_daemon.request('PUT', '/v1/pipelines/garbage', body, content_type)
    assert status in (400, 415, 422, 501), f'{status} {answer[:500]}'
    problem = json.loads(answer)
    assert headers['Content-Type'] == 'application/problem+json' and problem['code']
    assert len(answer) < 64 * 1024
    assert http_daemon.request('GET', '/v1/pipelines/garbage')[0] == 404


def test_random_requests_at_once(http_daemon):
    """Mutated good requests from several threads: every answer is a well-formed one."""
    seeds = [f'GET {ROWS}?limit=2&where=k%20%3E%201&order=-k HTTP/1.1\r\nHost: a\r\n\r\n',
             'PUT /v1/pipelines/x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 22\r\n\r\n'
             '{"tables": {"t": [1]}}', 'GET /v1/pipelines/good/status HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n']
    wrong = []

    def throw(seed):
        rng = random.Random(seed)
        for _ in range(60):
            data = bytearray(rng.choice(seeds).encode())
            for _ in range(rng.randint(1, 8)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            with connect(http_daemon) as client:
                client.sendall(data)
                client.shutdown(socket.SHUT_WR)
                answer = b''
                try:
                    while part := client.recv(65536):
                        answer += part
                except ConnectionResetError:
                    pass
            if answer and not answer.startswith(b'HTTP/1.1 ') or b'INTERNAL' in answer:
                wrong.append((bytes(data), answer[:300]))

    threads = [threading.Thread(target=throw, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:3]
