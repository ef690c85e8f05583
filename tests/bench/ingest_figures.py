"""Prints what HTTP ingest takes and gives, as a client sees it, with fsync on:
  - p50 and p99 of wait=durable and of wait=visible, at 100 requests/s of 100 rows (floors of p99: 25 and 30 ms);
  - rows/s of NDJSON rows of about 100 bytes, 1,000 a request, durable (floor 500,000 on two cores).
Use: FRESHET_BIN=build/release/bin python3 tests/bench/ingest_figures.py [seconds]"""
import http.client
import json
import pathlib
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / 'system'))
from freshet_daemon import Daemon  # noqa: E402

DEFINITION = '''name: p
tables:
  t: {columns: [{name: k, type: bigint}, {name: text, type: text}]}
views:
  v: {materialized: true, key: [k], aggregate: {input: t, keys: {k: k}, values: {n: "count(*)"}}}
'''


def body_of(rows):
    return ''.join(f'{{"k": {i % 97}, "text": "{"x" * 75}"}}\n' for i in range(rows)).encode()


class Client:
    def __init__(self, daemon):
        self.connection = http.client.HTTPConnection(daemon.endpoints['http'])

    def send(self, body, wait):
        self.connection.request('POST', f'/v1/pipelines/p/tables/t:ingest?wait={wait}', body,
                                {'Content-Type': 'application/x-ndjson'})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status == 429:
            return 0
        assert answer.status == 200, text
        return json.loads(text)['accepted']


def latencies(daemon, wait, seconds):
    client, body, taken = Client(daemon), body_of(100), []
    begin = time.monotonic()
    for i in range(int(seconds * 100)):
        due = begin + i / 100
        time.sleep(max(0.0, due - time.monotonic()))
        # From when it was due: a late one makes those behind it late.
        client.send(body, wait)
        taken.append(time.monotonic() - due)
    taken.sort()
    return taken[len(taken) // 2] * 1000, taken[int(len(taken) * 0.99)] * 1000


def rate(daemon, seconds, clients=4):
    body, counts = body_of(1000), [0] * clients
    end = time.monotonic() + seconds

    def run(number):
        client = Client(daemon)
        while time.monotonic() < end:
            counts[number] += client.send(body, 'durable')

    threads = [threading.Thread(target=run, args=(number,)) for number in range(clients)]
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - begin)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as folder:
        daemon = Daemon(folder, settings=['ingest.pending_bytes=256MiB'])
        try:
            (daemon.folder / 'p.yaml').write_text(DEFINITION)
            daemon.cli('apply', '-f', 'p.yaml', '--wait')
            for wait, floor in (('durable', 25), ('visible', 30)):
                p50, p99 = latencies(daemon, wait, seconds)
                print(f'wait={wait}: p50 {p50:.2f} ms, p99 {p99:.2f} ms (floor {floor})', flush=True)
            print(f'rows/s, durable: {rate(daemon, seconds):,.0f} (floor 500,000)')
        finally:
            daemon.stop()


if __name__ == '__main__':
    main()
