"""SIGTERM: what was begun gets its end, what comes is refused in so many words, nobody is cut off, and the daemon ends in
its time; what was acknowledged is there after the next start, and streams of changes go on where they were."""
import collections
import http.client
import json
import os
import signal
import threading
import time

from changes_reader import ChangesReader, folded
from test_ingest import NDJSON, SHOP, lines

INGEST = '/v1/pipelines/shop/tables/clicks:ingest'


def start_shop(start_daemon, *settings):
    daemon = start_daemon(settings=list(settings))
    (daemon.folder / 'shop.yaml').write_text(SHOP)
    daemon.cli('apply', '-f', 'shop.yaml', '--wait')
    return daemon


class Client:
    """Asks one thing after the other, over one connection as long as the server keeps it, until none can be made."""

    def __init__(self, daemon, method, path, body=None):
        self.address, self.method, self.path, self.body = daemon.endpoints['http'], method, path, body
        self.answers, self.cut = collections.Counter(), []
        self.refusal = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        connection = http.client.HTTPConnection(self.address, timeout=30)
        while True:
            try:
                if connection.sock is None:
                    connection.connect()
            except OSError:  # nothing was sent
                return
            try:
                connection.request(self.method, self.path, self.body, {'Content-Type': NDJSON} if self.body else {})
                answer = connection.getresponse()
                content = answer.read()  # fails where it is cut off
            except (OSError, http.client.HTTPException) as failure:
                self.cut.append(repr(failure))
                return
            self.answers[answer.status] += 1
            if answer.status != 200:
                self.refusal = (answer.headers, json.loads(content))
                time.sleep(0.02)
            elif 'format=ndjson' in self.path and b'"end"' not in content[-100:]:
                self.cut.append(content[-100:])
                return


def stop(daemon, *signals, pause=0.0):
    """(exit code, seconds from the first signal to the end of the process)."""
    start = time.monotonic()
    for number in signals or (signal.SIGTERM,):
        daemon.process.send_signal(number)
        time.sleep(pause)
    daemon.process.wait(timeout=60)
    return daemon.process.returncode, time.monotonic() - start


def read_until_cut(daemon):
    try:
        daemon.request('GET', '/v1/pipelines/shop/views/per_page/rows')
    except (OSError, http.client.HTTPException):
        pass


def test_under_load(start_daemon):
    daemon = start_shop(start_daemon, 'stop.notice=700ms', 'stop.timeout=12s')
    body = {page: lines(*({'page': page, 'n': 1} for _ in range(10))).encode() for page in 'abcd'}
    writers = {page: Client(daemon, 'POST', INGEST + ('?wait=visible' if page in 'ab' else ''), body[page])
               for page in body}
    readers = [Client(daemon, 'GET', '/v1/pipelines/shop/views/per_page/rows' + query)
               for query in ('', '?format=ndjson', '?order=n')]
    tails = [ChangesReader(daemon, 'shop', 'per_page', **{'from': 'snapshot'}) for _ in range(3)]
    for tail in tails:
        tail.wait(lambda reader: len(reader.epochs) > 5)
    told = {}

    def watch():
        """What is told while it drains."""
        while daemon.process.poll() is None:
            try:
                ready = daemon.request('GET', '/readyz')
                if ready[0] == 503:
                    put = daemon.request('PUT', '/v1/pipelines/other', SHOP.encode(), 'application/yaml')
                    told.setdefault('ready', ready)
                    told.setdefault('put', put)
                    told.setdefault('apply', daemon.cli('apply', '-f', 'shop.yaml', check=False))
                    return
            except OSError:
                return
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    code, seconds = stop(daemon)
    watcher.join()
    assert code == 0 and seconds < 12, (code, seconds, daemon.log.read_text()[-2000:])
    for status, headers, content in (told['ready'], told['put']):
        assert status == 503 and headers['Retry-After'] and json.loads(content)['code'] == 'UNAVAILABLE', content
    assert told['apply'].returncode != 0 and 'the server stops' in told['apply'].stderr, told['apply'].stderr
    for client in [*writers.values(), *readers]:
        client.thread.join(timeout=30)
        assert not client.thread.is_alive() and not client.cut, (client.path, client.cut, client.answers)
        assert set(client.answers) <= {200, 503} and client.answers[200] > 0, client.answers
    for client in writers.values():  # they wrote on until they were told
        headers, problem = client.refusal
        assert headers['Retry-After'] and problem['code'] == 'UNAVAILABLE' and 'were not taken' in problem['detail']

    daemon.start()
    wanted = {page: 10 * client.answers[200] for page, client in writers.items()}
    _, rows = daemon.wait_rows('shop', 'per_page', lambda rows: {row['page']: row['n'] for row in rows} == wanted)
    for tail in tails:
        tail.wait(lambda reader: reader.rows == folded(rows))
        assert tail.refetches == 0 and tail.connections == 2
        tail.stop()
    daemon.assert_no_errors_logged()


def test_with_a_shard_that_stands_still(start_daemon):
    """Those who wait for it are told so, and the daemon ends in its time."""
    daemon = start_shop(start_daemon, 'stop.timeout=6s')
    path = '/v1/pipelines/shop/views/per_page/rows'
    os.kill(daemon.shard_pids('shop')[0], signal.SIGSTOP)
    answers = []
    calls = [('POST', INGEST, lines({'page': 'a', 'n': 1}).encode()), ('GET', path, None)]
    threads = [threading.Thread(target=lambda call=call: answers.append(
        daemon.request(call[0], call[1], call[2], NDJSON))) for call in calls * 3]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    code, seconds = stop(daemon)
    assert code == 0 and seconds < 6, (code, seconds)
    for thread in threads:
        thread.join(timeout=10)
    assert len(answers) == len(threads)
    for status, headers, content in answers:
        assert status == 503 and headers['Retry-After'] and b'UNAVAILABLE' in content, content
    assert sum(b'not known whether the rows were taken' in content for _, _, content in answers) == 3


def test_a_second_signal_ends_it_at_once(start_daemon):
    daemon = start_shop(start_daemon, 'stop.timeout=60s')
    status, _, _ = daemon.request('POST', INGEST, lines({'page': 'a', 'n': 1}).encode(), NDJSON)
    assert status == 200
    shards = daemon.shard_pids('shop')
    os.kill(shards[0], signal.SIGSTOP)
    reading = threading.Thread(target=read_until_cut, args=(daemon,))
    reading.start()
    time.sleep(0.5)
    code, seconds = stop(daemon, signal.SIGTERM, signal.SIGINT, pause=0.5)
    assert code == 1 and seconds < 5, (code, seconds)
    assert 'another signal' in daemon.log.read_text()
    reading.join(timeout=10)
    daemon.start()
    daemon.wait_rows('shop', 'per_page', lambda rows: rows and rows[0]['n'] == 1)
