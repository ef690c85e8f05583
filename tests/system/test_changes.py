"""Changes as a user follows them: folding a stream gives the view, at every epoch, whoever dies; slow readers and many."""
import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import threading
import time

import pytest
from changes_reader import ChangesReader, folded
from freshet_daemon import BIN
from process_figures import MIB, memory_bytes
from test_overload import apply, counts, files, write_numbers

JOINED = '''options: {shards: 3}
tables:
  orders:
    columns: [{name: id, type: bigint}, {name: customer, type: bigint}, {name: amount, type: bigint}]
    sources: [{connector: files, path: "in/orders*.csv", format: csv, mode: follow}]
  customers:
    columns: [{name: id, type: bigint}, {name: city, type: text}]
    primary_key: [id]
    sources: [{connector: files, path: "in/customers*.csv", format: csv, mode: follow}]
views:
  joined: {join: {left: orders, right: customers, condition: "orders.customer = customers.id"}}
  by_city:
    materialized: true
    key: [city]
    aggregate: {input: joined, keys: {city: customers.city}, values: {n: "count(*)", total: "sum(orders.amount)"}}
  by_customer:
    materialized: true
    key: [customer]
    aggregate: {input: orders, keys: {customer: customer}, values: {n: "count(*)", total: "sum(amount)"}}
'''
CUSTOMERS = 200


class Feeder:
    """Appends orders, and moves customers from city to city, until it is stopped."""

    def __init__(self, folder, pause=0.01):
        self.folder, self.pause, self.orders = folder / 'in', pause, 0
        self.folder.mkdir(parents=True, exist_ok=True)
        self._append('customers', 'id,city\n' + ''.join(f'{i},city {i % 7}\n' for i in range(CUSTOMERS)))
        self._append('orders', 'id,customer,amount\n')
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self.thread.start()
        return self

    def _append(self, name, text):
        with open(self.folder / f'{name}.csv', 'a') as file:
            file.write(text)

    def add_orders(self, count):
        first = self.orders
        self._append('orders', ''.join(f'{i},{i * 7919 % CUSTOMERS},{i % 100}\n' for i in range(first, first + count)))
        self.orders += count

    def _run(self):
        move = 0
        while not self.ending.wait(self.pause):
            self.add_orders(20)
            move += 1
            self._append('customers', f'{move % CUSTOMERS},city {move % 11}\n')

    def stop(self):
        self.ending.set()
        self.thread.join()


def checked(daemon, view):
    """(on_epoch, compared): compares what was folded with the rows at that epoch, as long as those are kept."""
    compared = []

    def on_epoch(reader, epoch):
        status, _, body = daemon.request('GET', f'/v1/pipelines/p/views/{view}/rows', epoch=epoch, limit=10_000)
        if status == 200:
            rows = json.loads(body)['rows']
            if reader.key is None:
                assert reader.rows == folded(rows), f'epoch {epoch} of {view}'
            else:
                assert reader.rows == {(row[reader.key],): row for row in rows}, f'epoch {epoch} of {view}'
            compared.append(epoch)
        else:
            assert status in (410, 503), body
    return on_epoch, compared


def settled(daemon, view, feeder):
    """The rows of a view once it has taken all orders."""
    return daemon.wait_rows('p', view, lambda rows: sum(row['n'] for row in rows) == feeder.orders)


def test_folding_gives_the_view_at_every_epoch(daemon):
    feeder = Feeder(daemon.folder)
    apply(daemon, 'p', JOINED)
    feeder.start()
    readers = []
    for view, key, query in [('by_city', None, {'from': 'snapshot'}),
                             ('by_city', 'city', {'from': 'snapshot', 'envelope': 'upsert'}),
                             ('by_customer', None, {'from': 'snapshot'})]:
        on_epoch, compared = checked(daemon, view)
        readers.append((view, compared, ChangesReader(daemon, 'p', view, key=key, on_epoch=on_epoch, **query)))
        time.sleep(0.5)
    cut = ChangesReader(daemon, 'p', 'by_customer', **{'from': 'snapshot'})
    for _ in range(20):  # killed in the middle of anything
        time.sleep(0.1)
        cut.break_connection()
    feeder.stop()
    for view, compared, reader in readers:
        _, rows = settled(daemon, view, feeder)
        expected = folded(rows) if reader.key is None else {(row[reader.key],): row for row in rows}
        reader.wait(lambda reader, expected=expected: reader.rows == expected)
        assert len(compared) > 3 and reader.connections == 1, (view, compared, reader.connections)
        reader.stop()
    _, rows = settled(daemon, 'by_customer', feeder)
    cut.wait(lambda reader: reader.rows == folded(rows))
    assert cut.connections > 3 and cut.refetches == 0
    cut.stop()


def test_from_now_and_from_an_epoch(daemon):
    feeder = Feeder(daemon.folder)
    feeder.add_orders(100)
    apply(daemon, 'p', JOINED)
    epoch, before = settled(daemon, 'by_customer', feeder)
    now = ChangesReader(daemon, 'p', 'by_customer', **{'from': 'now'})
    now.wait(lambda reader: reader.last_id is not None)
    feeder.add_orders(500)
    _, after = settled(daemon, 'by_customer', feeder)
    later = ChangesReader(daemon, 'p', 'by_customer', **{'from': epoch})
    difference = folded(after)
    difference.subtract(folded(before))
    difference = {row: weight for row, weight in difference.items() if weight != 0}
    for reader in (now, later):
        reader.wait(lambda reader: dict(reader.rows) == difference)
        reader.stop()


def test_what_is_refused(daemon, start_daemon):
    feeder = Feeder(daemon.folder)
    apply(daemon, 'p', JOINED)
    path = '/v1/pipelines/p/views/by_city/changes'

    def code(**query):
        status, _, body = daemon.request('GET', path, **query)
        return status, json.loads(body)['code']

    assert code(**{'from': 2**52}) == (400, 'EPOCH_NOT_REACHED')
    reader = ChangesReader(daemon, 'p', 'by_city', **{'from': 'now'})
    reader.wait(lambda reader: reader.last_id is not None)
    token = reader.last_id
    reader.stop()
    daemon.cli('delete', 'p')
    apply(daemon, 'p', JOINED)
    for header, expected in [(token, 410), ('made up', 400)]:
        done = subprocess.run(['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', f'Last-Event-ID: {header}',
                               daemon.url(path)], capture_output=True, text=True, check=True, timeout=30)
        assert done.stdout == str(expected)


def test_a_static_pipeline_ends_its_streams(daemon):
    write_numbers(daemon.folder / 'in' / 'a.csv', 30_000)
    apply(daemon, 'p', counts(files('in/*.csv'), 'shards: 3'))
    reader = ChangesReader(daemon, 'p', 'by_i', **{'from': 'snapshot'})
    reader.wait(lambda reader: reader.end is not None)
    assert len(reader.rows) == 30_000
    output = daemon.cli('tail', 'p', 'by_k', '--from', 'snapshot', '-o', 'json').stdout
    rows = [change['row'] for line in output.splitlines() for change in json.loads(line)['changes']]
    assert sorted(row['k'] for row in rows) == list(range(7))
    table = daemon.cli('tail', 'p', 'by_k', '--from', 'snapshot').stdout.splitlines()
    assert table[0].split() == ['epoch', 'k', 'n', 's'] and len(table) == 9


def test_drain_gives_a_place_to_go_on(daemon):
    feeder = Feeder(daemon.folder)
    apply(daemon, 'p', JOINED)
    reader = ChangesReader(daemon, 'p', 'by_city', reconnect=False, **{'from': 'now'})
    reader.wait(lambda reader: reader.last_id is not None)
    reader.reconnect = True
    start = time.monotonic()
    daemon.stop()
    assert time.monotonic() - start < 8
    assert reader.error['code'] == 'UNAVAILABLE' and reader.error['resume']
    daemon.start()
    reader.stop()


def test_restarts_of_the_group_and_the_daemon(daemon):
    """Whoever dies: streams go on, or say that the view must be read anew, and end with the view."""
    feeder = Feeder(daemon.folder, pause=0.02)
    apply(daemon, 'p', JOINED)
    feeder.start()
    readers = [ChangesReader(daemon, 'p', view, **{'from': 'snapshot'}) for view in ('by_city', 'by_customer')]
    for round_ in range(4):
        time.sleep(1)
        if round_ % 2 == 0:
            os.kill(daemon.shard_pids('p')[round_ % 3], signal.SIGKILL)
        else:
            daemon.kill()
            daemon.start()
        daemon.wait_state('p', 'RUNNING')
    feeder.stop()
    for reader, view in zip(readers, ('by_city', 'by_customer')):
        _, rows = settled(daemon, view, feeder)
        reader.wait(lambda reader, rows=rows: reader.rows == folded(rows))
        assert reader.refetches == 0, 'the epochs that were run again are kept as the first time'
        reader.stop()


def metric(daemon, name):
    _, _, body = daemon.request('GET', '/metrics')
    return next(float(line.split()[-1]) for line in body.decode().splitlines() if line.startswith(name + ' '))


def open_stream(daemon, view, receive_buffer=None, **query):
    """A socket on a stream of changes that has begun."""
    host, port = daemon.endpoints['http'].rsplit(':', 1)
    client = socket.socket()
    if receive_buffer is not None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.connect((host, int(port)))
    text = '&'.join(f'{name}={value}' for name, value in query.items())
    client.sendall(f'GET /v1/pipelines/p/views/{view}/changes?{text} HTTP/1.1\r\nHost: x\r\n\r\n'.encode())
    return client


def test_a_slow_reader_is_cut_off_and_goes_on(start_daemon):
    daemon = start_daemon(settings=['http.changes.backlog=1MiB', 'http.changes.stall_timeout=2s'])
    write_numbers(daemon.folder / 'in' / '0.csv', 10)
    apply(daemon, 'p', counts(files('in/*.csv', 'follow'), 'shards: 3'))
    fast = ChangesReader(daemon, 'p', 'by_i', **{'from': 'snapshot'})
    fast.wait(lambda reader: reader.last_id is not None)
    slow = open_stream(daemon, 'by_i', receive_buffer=4096, **{'from': 'now', 'format': 'ndjson'})
    for i in range(1, 25):  # more than the system's buffers of a connection hold
        write_numbers(daemon.folder / 'in' / f'{i}.csv', 10_000)
        fast.wait(lambda reader, i=i: sum(json.loads(row)['n'] for row in list(reader.rows)) >= i * 10_000)
    deadline = time.monotonic() + 60
    while metric(daemon, 'freshet_changes_slow_subscribers_total') == 0:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    slow.settimeout(10)
    text = b''
    with contextlib.suppress(TimeoutError):
        while b'\r\n0\r\n\r\n' not in text:
            part = slow.recv(65536)
            if not part:
                break
            text += part
    lines = [json.loads(line) for line in text.decode().splitlines() if line.startswith('{')]
    assert lines[-1]['error']['code'] == 'SLOW_CONSUMER', lines[-1]
    epochs = [line['epoch'] for line in lines if 'changes' in line]
    assert epochs == sorted(set(epochs)) and set(epochs) <= set(fast.epochs), 'thinned'
    assert lines[-1]['error']['resume'] == [line['id'] for line in lines if 'id' in line][-1]
    _, rows = daemon.rows('p', 'by_i')
    assert sum(row['n'] for row in rows) == 24 * 10_000 + 10
    fast.wait(lambda reader: reader.rows == folded(rows))
    assert fast.connections == 1
    fast.stop()


def test_a_thousand_subscribers_cost_one_encoding(start_daemon):
    daemon = start_daemon(settings=['http.connections_max=3000'])
    feeder = Feeder(daemon.folder)
    apply(daemon, 'p', JOINED)
    streams = [open_stream(daemon, 'by_customer', **{'from': 'now', 'format': 'sse'}) for _ in range(1000)]
    deadline = time.monotonic() + 60
    while metric(daemon, 'freshet_changes_subscribers') < 1000:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    for stream in streams:
        stream.settimeout(30)
        text = b''
        while b'event: progress' not in text:
            text += stream.recv(4096)
    before, memory = metric(daemon, 'freshet_changes_encodings_total'), memory_bytes(daemon.process.pid)
    for i in range(10):
        feeder.add_orders(50)
        settled(daemon, 'by_customer', feeder)
    bodies = []
    for stream in streams:
        text = b''
        while text.count(b'"changes"') < 10:
            text += stream.recv(65536)
        events = [line for line in text.decode().splitlines() if line.startswith('data: {"epoch"') and 'changes' in line]
        bodies.append(events)
    assert all(body == bodies[0] for body in bodies)
    assert metric(daemon, 'freshet_changes_encodings_total') - before == len(bodies[0]) == 10
    assert memory_bytes(daemon.process.pid) - memory < 64 * MIB
    for stream in streams:
        stream.close()
    deadline = time.monotonic() + 30
    while metric(daemon, 'freshet_changes_subscribers') > 0:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_ten_thousand_idle_connections(start_daemon):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 11_000:
        pytest.skip(f'the limit of open files is {hard}')
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        daemon = start_daemon(settings=['http.connections_max=20000', 'http.idle_timeout=5min'])
        Feeder(daemon.folder)
        apply(daemon, 'p', JOINED)
        before = memory_bytes(daemon.process.pid)
        host, port = daemon.endpoints['http'].rsplit(':', 1)
        idle = []
        for _ in range(10_000):
            client = socket.create_connection((host, int(port)))
            client.sendall(b'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n')
            idle.append(client)
        for client in idle:
            assert client.recv(4096).startswith(b'HTTP/1.1 200')
        grown = memory_bytes(daemon.process.pid) - before
        print(f'10,000 idle connections take {grown / MIB:.0f} MiB, {grown / 10_000 / 1024:.1f} KiB each')
        assert grown < 160 * MIB
        start = time.monotonic()
        assert daemon.rows('p', 'by_city')[1] == []
        assert time.monotonic() - start < 2
        for client in idle:
            client.close()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_tail_resumes_by_itself(daemon):
    """The CLI over a restart of the daemon at the same addresses: nothing is printed twice, nothing is missing."""
    feeder = Feeder(daemon.folder)
    apply(daemon, 'p', JOINED)
    tail = subprocess.Popen([str(BIN / 'freshet'), '--address', daemon.endpoints['grpc'], 'tail', 'p', 'by_customer',
                             '--from', 'snapshot', '-o', 'json'], stdout=subprocess.PIPE, text=True)
    rows, epochs = {}, []
    done = threading.Event()

    def read():
        for line in tail.stdout:
            message = json.loads(line)
            epochs.append(message['epoch'])
            for change in message['changes']:
                row = json.dumps(change['row'], sort_keys=True)
                rows[row] = rows.get(row, 0) + change['weight']
        done.set()

    threading.Thread(target=read, daemon=True).start()
    for _ in range(5):
        feeder.add_orders(100)
        _, expected = settled(daemon, 'by_customer', feeder)
    deadline = time.monotonic() + 20
    while {row: weight for row, weight in rows.items() if weight} != folded(expected):
        assert time.monotonic() < deadline and tail.poll() is None
        time.sleep(0.05)
    assert epochs == sorted(epochs)
    tail.terminate()
    tail.wait(timeout=10)


def test_rows_watch(daemon):
    feeder = Feeder(daemon.folder)
    apply(daemon, 'p', JOINED)
    watch = subprocess.Popen([str(BIN / 'freshet'), '--address', daemon.endpoints['grpc'], 'rows', 'p', 'by_city',
                              '--watch', '-o', 'json'], stdout=subprocess.PIPE, text=True)
    lines = []
    threading.Thread(target=lambda: lines.extend(json.loads(line) for line in watch.stdout), daemon=True).start()
    time.sleep(1)
    feeder.add_orders(70)
    deadline = time.monotonic() + 20
    while sum(line.get('n', 0) for line in lines[-7:]) != 70:
        assert time.monotonic() < deadline and watch.poll() is None, lines
        time.sleep(0.05)
    watch.terminate()
    watch.wait(timeout=10)
