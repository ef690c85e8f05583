"""The examples streamed through a real Kafka broker while a shard, then the daemon, is killed with -9 in the middle:
the final views equal DuckDB's answer over the same files, and no reader sees an epoch go back or change."""
import json
import os
import shutil
import signal
import threading
import time

import pytest
import yaml_text
from freshet_daemon import ROOT
from oracle import FLIGHT_KEYS, assert_same_rows, flights_oracle, words_oracle

EXAMPLES = ROOT / 'config' / 'examples'


class EpochPoller:
    """Reads one view over and over, over restarts of everything, and notes any epoch that is below one seen before or
    that has other rows than when it was seen before."""

    def __init__(self, daemon, pipeline, view):
        self.daemon, self.path = daemon, f'/v1/pipelines/{pipeline}/views/{view}/rows'
        self.seen, self.rows, self.wrong, self.answers, self.stopped = 0, {}, [], 0, False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.stopped:
            try:
                status, headers, body = self.daemon.request('GET', self.path, limit=1)
            except OSError:  # the daemon is away
                time.sleep(0.02)
                continue
            if status == 200:
                epoch = int(headers['Freshet-Epoch'])
                if epoch < self.seen:
                    self.wrong.append((self.seen, epoch))
                rows = json.loads(body)['rows']
                if self.rows.setdefault(epoch, rows) != rows:
                    self.wrong.append((epoch, self.rows[epoch], rows))
                self.seen = max(self.seen, epoch)
                self.answers += 1
            time.sleep(0.005)

    def stop(self):
        self.stopped = True
        self.thread.join()
        assert not self.wrong, f'epochs went back, or changed: {self.wrong[:5]}'
        assert self.answers > 0


def data_lines(path, header=True):
    lines = path.read_text().splitlines()
    return lines[1:] if header else lines


def kill_one_shard(daemon, pipeline):
    pids = daemon.shard_pids(pipeline)
    os.kill(pids[-1], signal.SIGKILL)


def feed_with_kills(daemon, broker, pipeline, topic, lines, reached):
    """Sends the lines in three parts; kills a shard behind the first and the daemon behind the second. `reached(n)`
    tells whether the views have at least n lines."""
    part = len(lines) // 3 + 1
    broker.produce(topic, lines[:part])
    reached(part // 2)
    kill_one_shard(daemon, pipeline)
    broker.produce(topic, lines[part:2 * part])
    reached(part + 1)
    daemon.kill()
    daemon.start()
    broker.produce(topic, lines[2 * part:])


@pytest.mark.parametrize('shards', [1, 3])
def test_flights_through_kafka(start_daemon, broker, example_data, tmp_path, shards):
    examples = shutil.copytree(EXAMPLES, tmp_path / 'examples')
    definition = yaml_text.with_options(examples / 'flights.yaml', f'{{shards: {shards}}}')
    overlay = yaml_text.with_broker(examples / 'flights-kafka.yaml', broker.address)
    overlay.write_text(overlay.read_text().replace('topic: ', f'topic: s{shards}-'))
    broker.create_topic(f's{shards}-flights', 4)
    for table in ('airlines', 'airports', 'planes'):
        broker.create_topic(f's{shards}-{table}', 1)
        broker.produce(f's{shards}-{table}', data_lines(example_data / f'{table}.csv'))

    daemon = start_daemon()
    daemon.cli('apply', '-f', str(definition), '-f', str(overlay), '--wait')
    poller = EpochPoller(daemon, 'flights', 'unmatched')

    def reached(count):
        daemon.wait_rows('flights', 'unmatched', lambda rows: rows and rows[0]['flights'] >= count, timeout=120)

    lines = data_lines(example_data / 'flights.csv')
    feed_with_kills(daemon, broker, 'flights', f's{shards}-flights', lines, reached)
    reached(len(lines))
    poller.stop()
    answers = flights_oracle(example_data)
    for view, key in FLIGHT_KEYS.items():
        assert_same_rows(daemon.rows('flights', view)[1], answers[view], key)
    assert daemon.status('flights')['state'] == 'RUNNING'


@pytest.mark.parametrize('shards', [1, 3])
def test_words_through_kafka(start_daemon, broker, example_data, tmp_path, shards):
    examples = shutil.copytree(EXAMPLES, tmp_path / 'examples')
    definition = yaml_text.with_options(examples / 'words.yaml', f'{{shards: {shards}}}')
    overlay = yaml_text.with_broker(examples / 'words-kafka.yaml', broker.address)
    overlay.write_text(overlay.read_text().replace('topic: ', f'topic: s{shards}-'))
    broker.create_topic(f's{shards}-lines', 3)
    daemon = start_daemon()
    daemon.cli('apply', '-f', str(definition), '-f', str(overlay), '--wait')
    poller = EpochPoller(daemon, 'words', 'totals')
    lines = data_lines(example_data / 'bible.txt', header=False)
    expected = words_oracle(example_data)
    words_per_line = sum(expected.values()) / len(lines)

    def reached(count):
        daemon.wait_rows('words', 'totals', lambda rows: int(rows[0]['words'] or 0) >= 0.9 * count * words_per_line)

    feed_with_kills(daemon, broker, 'words', f's{shards}-lines', lines, reached)
    daemon.wait_rows('words', 'totals', lambda rows: int(rows[0]['words'] or 0) >= sum(expected.values()), timeout=120)
    poller.stop()
    _, rows = daemon.rows('words', 'word_counts')
    assert {row['word']: row['n'] for row in rows} == dict(expected)
