"""Dead letters over kills: each once, counted exactly, with the epoch that it was seen with first; pages are complete."""
import json
import os
import random
import signal
import threading
import time

import pytest
from test_ingest import send

DEFINITION = '''
name: letters
options: {{shards: {shards}}}
tables:
  files:
    columns: [{{name: k, type: bigint, not_null: true}}]
    sources: [{{connector: files, path: in, format: json, mode: follow, poll_interval_ms: 20}}]
  kafka:
    columns: [{{name: k, type: bigint, not_null: true}}]
    sources: [{{connector: kafka, brokers: "{address}", topic: {topic}, format: json}}]
  http:
    columns: [{{name: k, type: bigint, not_null: true}}]
views:
  all:
    materialized: true
    aggregate: {{input: {{union: {{inputs: [files, kafka, http]}}}}, values: {{n: "count(*)"}}}}
'''
SOURCES = ('files/0', 'kafka/0', 'http/0')


def key_of(letter):
    return letter['source'], letter['partition'], letter['position']


class Pager:
    """Lists all pages over and over, over restarts of everything: no page may repeat a letter, none that was listed may be
    missing later, and none may change."""

    def __init__(self, daemon):
        self.daemon, self.seen, self.wrong, self.listings, self.stopped = daemon, {}, [], 0, False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _page(self, **query):
        while not self.stopped:
            try:
                status, _, body = self.daemon.request('GET', '/v1/pipelines/letters/dead-letters', limit=17, **query)
            except OSError:  # the daemon is away
                time.sleep(0.02)
                continue
            if status == 200:
                return json.loads(body)
            if status != 503:
                self.wrong.append((status, body))
            time.sleep(0.02)
        return None

    def _run(self):
        while not self.stopped:
            before, listed, query = dict(self.seen), [], {}
            while True:
                page = self._page(**query)
                if page is None:
                    return
                listed += page['dead_letters']
                if not page['next_page_token']:
                    break
                query = {'page_token': page['next_page_token']}
            self.listings += 1
            keys = [key_of(letter) for letter in listed]
            if len(set(keys)) != len(keys):
                self.wrong.append(('doubled', [key for key in keys if keys.count(key) > 1][:3]))
            if before.keys() - set(keys):
                self.wrong.append(('missing', sorted(before.keys() - set(keys))[:3]))
            for letter in listed:
                if self.seen.setdefault(key_of(letter), letter) != letter:
                    self.wrong.append(('changed', self.seen[key_of(letter)], letter))

    def stop(self):
        self.stopped = True
        self.thread.join()


@pytest.mark.parametrize('shards', [1, 3])
def test_letters_over_kills(start_daemon, broker, shards):
    random_numbers = random.Random(shards)
    topic = f'letters-{shards}'
    broker.create_topic(topic, 3)
    daemon = start_daemon(settings=['restarts.backoff_min=20ms'])
    (daemon.folder / 'in').mkdir()
    daemon.cli('apply', '-f', '-', '--wait', input=DEFINITION.format(shards=shards, address=broker.address, topic=topic))
    pager = Pager(daemon)
    good, bad = 0, dict.fromkeys(SOURCES, 0)

    def lines(source, count):
        nonlocal good
        made = []
        for _ in range(count):
            kind = random_numbers.randrange(3)
            made.append(['{"k": 1}', '{"k": ', '{"k": null}'][kind])
            good += kind == 0
            bad[source] += kind != 0
        return made

    def push(key, made):
        deadline = time.monotonic() + 60
        while True:
            assert time.monotonic() < deadline
            try:
                status, _ = send(daemon, 'http', '\n'.join(made) + '\n', key=key, pipeline='letters')
            except OSError:
                status = 0
            if status == 200:
                return
            time.sleep(0.05)

    for round_number, kill in enumerate(('shard', 'daemon', 'shard', 'shard', 'daemon', 'none')):
        with open(daemon.folder / 'in' / f'{round_number % 2}', 'a', encoding='utf8') as file:
            file.write('\n'.join(lines('files/0', 60)) + '\n')
        broker.produce(topic, lines('kafka/0', 60))
        push(f'round {round_number}', lines('http/0', 20))
        time.sleep(random_numbers.random() / 3)
        if kill == 'shard':
            for pid in daemon.shard_pids('letters')[-1:]:
                os.kill(pid, signal.SIGKILL)
        if kill == 'daemon':
            daemon.kill()
            daemon.start()
    daemon.wait_rows('letters', 'all', lambda rows: rows and rows[0]['n'] == good)

    def counted():
        return {source['source']: source['dead_letters'] for source in daemon.status('letters')['sources']}

    deadline = time.monotonic() + 60
    while counted() != bad or len(pager.seen) < sum(bad.values()):
        assert time.monotonic() < deadline, f'{counted()} and {len(pager.seen)} listed, expected {bad}'
        time.sleep(0.1)
    listings = pager.listings
    while pager.listings < listings + 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    pager.stop()
    assert not pager.wrong, pager.wrong[:5]
    listed = dict.fromkeys(SOURCES, 0)
    for source, _, _ in pager.seen:
        listed[source] += 1
    assert listed == bad
    assert {letter['code'] for letter in pager.seen.values()} == {'MALFORMED_RECORD', 'NULL_VIOLATION'}, pager.seen
    metrics = daemon.request('GET', '/metrics')[2].decode()
    for source in SOURCES:
        values = [float(line.split()[-1]) for line in metrics.splitlines()
                  if line.startswith('freshet_source_dead_letters_total{') and f'"{source}"' in line]
        assert sum(values) == bad[source], (source, values)


def test_what_is_kept_is_bounded_per_source_and_the_counts_stay_exact(start_daemon):
    daemon = start_daemon(settings=['dead_letters.count_max=300'])
    (daemon.folder / 'in').mkdir()
    for shards in (1, 3):
        for name in 'abcdef':
            (daemon.folder / 'in' / name).write_text('bad\n' * 500)
        daemon.cli('apply', '-f', '-', '--wait', input=f'''
name: bound{shards}
options: {{shards: {shards}}}
tables:
  t: {{columns: [{{name: k, type: bigint}}], sources: [{{connector: files, path: in, format: json, mode: follow}}]}}
views:
  v: {{materialized: true, project: {{input: t, columns: {{k: k}}}}}}
''')

        def kept():
            return daemon.get(f'/v1/pipelines/bound{shards}/dead-letters', limit=1000)['dead_letters']

        assert daemon.status(f'bound{shards}')['sources'][0]['dead_letters'] == 3000
        first = kept()
        assert 0 < len(first) <= 300
        daemon.kill()
        daemon.start()
        daemon.wait_state(f'bound{shards}', 'RUNNING')
        assert kept() == first
        assert daemon.status(f'bound{shards}')['sources'][0]['dead_letters'] == 3000
