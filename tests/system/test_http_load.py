"""Clients that send much, slowly or never read: the server's memory stays within its settings, and others do not notice."""
import collections
import contextlib
import http.client
import json
import os
import signal
import socket
import threading
import time

import pytest

from process_figures import MIB, memory_bytes
from test_ingest import NDJSON, SHOP, lines, send
from test_overload import Reader

INGEST = '/v1/pipelines/shop/tables/clicks:ingest'
ROWS = '/v1/pipelines/shop/views/per_page/rows'


def start_shop(start_daemon, *settings):
    daemon = start_daemon(settings=list(settings))
    (daemon.folder / 'shop.yaml').write_text(SHOP)
    daemon.cli('apply', '-f', 'shop.yaml', '--wait')
    assert send(daemon, 'clicks', lines({'page': 'a', 'n': 1}), wait='visible')[0] == 200
    return daemon


def metric(daemon, name):
    _, _, body = daemon.request('GET', '/metrics')
    return next(float(line.split()[-1]) for line in body.decode().splitlines() if line.startswith(name + ' '))


def assert_prompt(seconds):
    """The machine may be busy with other things: one in ten may be late."""
    assert len(seconds) > 20 and seconds[len(seconds) * 9 // 10] < 0.25, seconds[-len(seconds) // 5:]


def post(daemon, body, answers):
    connection = http.client.HTTPConnection(daemon.endpoints['http'], timeout=30)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may stop reading, but not without an answer
        connection.request('POST', INGEST, body, {'Content-Type': NDJSON})
    answer = connection.getresponse()
    answers.append((answer.status, answer.headers, json.loads(answer.read())))
    connection.close()


@pytest.mark.parametrize('stands_still', ['the shard', 'nothing'])
def test_many_large_bodies_at_once(start_daemon, stands_still):
    """More than http.bodies_bytes_max is refused, whether or not the shards take what comes."""
    daemon = start_shop(start_daemon, 'http.bodies_bytes_max=24MiB', 'http.request_bytes_max=8MiB', 'ingest.timeout=3s',
                        'ingest.pending_bytes=64MiB')
    body = lines(*({'page': 'b', 'n': i} for i in range(1000))).encode()
    body += b' ' * (4 * MIB)
    before = memory_bytes(daemon.process.pid, 'VmRSS')
    shard = daemon.shard_pids('shop')[0]
    if stands_still == 'the shard':
        os.kill(shard, signal.SIGSTOP)
    try:
        reader = Reader(daemon, '/livez')
        answers = []
        threads = [threading.Thread(target=post, args=(daemon, body, answers)) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert_prompt(reader.stop())
    finally:
        os.kill(shard, signal.SIGCONT)
    statuses = collections.Counter(status for status, _, _ in answers)
    assert len(answers) == 50 and statuses[429] > 0 and set(statuses) <= {200, 429, 503}, statuses
    for status, headers, problem in answers:
        assert status == 200 or headers['Retry-After'], problem
        assert status != 429 or problem['code'] == 'TOO_MANY_REQUESTS', problem
    assert any('http.bodies_bytes_max' in problem.get('detail', '') for _, _, problem in answers)
    assert metric(daemon, 'freshet_http_bodies_refused_total') > 0
    assert metric(daemon, 'freshet_http_body_bytes') == 0
    grown = memory_bytes(daemon.process.pid) - before
    assert grown < (2 * 24 + 40) * MIB, grown / MIB
    if stands_still == 'nothing':
        assert statuses[200] > 0, statuses
        daemon.wait_rows('shop', 'per_page', lambda rows: {row['page']: row['n'] for row in rows}.get('b') ==
                         1000 * statuses[200])
    assert send(daemon, 'clicks', lines({'page': 'c', 'n': 1}), wait='visible')[0] == 200


def test_slow_senders_and_readers_that_never_read(start_daemon):
    daemon = start_shop(start_daemon, 'http.connections_max=3000', 'http.idle_timeout=6s')
    host, port = daemon.endpoints['http'].rsplit(':', 1)
    before = memory_bytes(daemon.process.pid, 'VmRSS')
    head = f'POST {INGEST} HTTP/1.1\r\nHost: x\r\nContent-Type: {NDJSON}\r\nContent-Length: {16 * MIB}\r\n\r\n'.encode()
    begins = {'a header': b'GET /livez HTT', 'a body': head + b' ' * 20_000, 'one byte': b'G'}
    with contextlib.ExitStack() as stack:
        def connect(data):
            client = stack.enter_context(contextlib.closing(socket.create_connection((host, int(port)), timeout=20)))
            client.sendall(data)
            return client

        deaf = [connect(f'GET /v1/pipelines/shop/views/per_page/changes?format={kind} HTTP/1.1\r\nHost: x\r\n\r\n'.encode())
                for kind in ('sse', 'ndjson') for _ in range(100)]
        slow = [connect(data) for data in begins.values() for _ in range(300)]
        reader, writer = Reader(daemon, ROWS), []
        until = time.monotonic() + 5
        while time.monotonic() < until:
            start = time.monotonic()
            assert send(daemon, 'clicks', lines({'page': 'a', 'n': 1}), wait='visible')[0] == 200
            writer.append(time.monotonic() - start)
            for client in slow[300:600:9]:  # a byte of a body now and then does not keep it alive
                with contextlib.suppress(OSError):
                    client.sendall(b' ')
            time.sleep(0.05)
        assert_prompt(reader.stop())
        assert_prompt(sorted(writer))
        grown = memory_bytes(daemon.process.pid) - before
        assert grown < 96 * MIB, grown / MIB
        for client in slow:  # closed by http.idle_timeout
            client.settimeout(20)
            with contextlib.suppress(ConnectionResetError):
                assert client.recv(100) == b''
        assert metric(daemon, 'freshet_http_body_bytes') == 0
        assert metric(daemon, 'freshet_changes_subscribers') == len(deaf)
