"""Where reading of a topic begins: at a time, at offsets, and at the start of partitions that are added while the pipeline
runs; also after the daemon was killed."""
import datetime
import time

import pytest


def definition(name, address, topic, options, shards=1):
    return f'''
name: {name}
options: {{shards: {shards}}}
tables:
  t:
    columns: [{{name: k, type: bigint}}, {{name: p, type: integer, from: partition}}, {{name: o, type: bigint, from: offset}}]
    sources: [{{connector: kafka, brokers: "{address}", topic: {topic}, format: json, partition_poll_interval_ms: 300, {options}}}]
views:
  all: {{materialized: true, project: {{input: t, columns: {{k: k, p: p, o: o}}}}}}
'''


def records(*numbers):
    return [f'{{"k": {number}}}' for number in numbers]


def keys(rows):
    return sorted(int(row['k']) for row in rows)


def now_text():
    """Between two records: the broker's clock is this machine's, in milliseconds."""
    time.sleep(0.05)
    text = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='milliseconds')
    time.sleep(0.05)
    return text


@pytest.mark.parametrize('shards', [1, 3])
def test_start_at_a_time(daemon, broker, shards):
    topic = f'at-time-{shards}'
    broker.create_topic(topic, 3)
    broker.produce(topic, records(1, 2), partition=0)
    broker.produce(topic, records(3), partition=1)  # nothing of it is younger
    since = now_text()
    broker.produce(topic, records(4, 5), partition=0)
    broker.produce(topic, records(6), partition=2)
    options = f'start: timestamp, start_timestamp: "{since}"'
    daemon.cli('apply', '-f', '-', '--wait', input=definition(f'time-{shards}', broker.address, topic, options, shards))
    _, rows = daemon.rows(f'time-{shards}', 'all')
    assert keys(rows) == [4, 5, 6]
    assert {int(row['o']) for row in rows if row['k'] == 4} == {2}
    # What is old comes no more, what is new does, in the partition that had nothing, too.
    broker.produce(topic, records(7), partition=1)
    daemon.wait_rows(f'time-{shards}', 'all', lambda rows: keys(rows) == [4, 5, 6, 7])
    daemon.kill()
    daemon.start()
    _, rows = daemon.wait_rows(f'time-{shards}', 'all', lambda rows: True)
    assert keys(rows) == [4, 5, 6, 7]
    static = f'mode: static, {options}'
    daemon.cli('apply', '-f', '-', '--wait', input=definition(f'static-{shards}', broker.address, topic, static, shards))
    assert daemon.status(f'static-{shards}')['state'] == 'COMPLETED'
    assert keys(daemon.rows(f'static-{shards}', 'all')[1]) == [4, 5, 6, 7]


def test_start_at_offsets(daemon, broker):
    broker.create_topic('at-offsets', 3)
    broker.produce('at-offsets', records(0, 1, 2, 3), partition=0)
    broker.produce('at-offsets', records(10, 11), partition=1)
    broker.produce('at-offsets', records(20, 21), partition=2)
    options = 'start: offsets, start_offsets: "0:3,2:2"'
    daemon.cli('apply', '-f', '-', '--wait', input=definition('offsets', broker.address, 'at-offsets', options, 2))
    _, rows = daemon.rows('offsets', 'all')
    assert keys(rows) == [3, 10, 11]  # a partition that is not named is read from its start, one at its end waits
    broker.produce('at-offsets', records(22), partition=2)
    _, rows = daemon.wait_rows('offsets', 'all', lambda rows: keys(rows) == [3, 10, 11, 22])
    assert [int(row['o']) for row in rows if row['k'] == 22] == [2]
    daemon.cli('apply', '-f', '-', '--wait',
               input=definition('offsets-static', broker.address, 'at-offsets', f'mode: static, {options}', 2))
    assert keys(daemon.rows('offsets-static', 'all')[1]) == [3, 10, 11, 22]


def test_start_options_that_do_not_fit_are_named(daemon, broker):
    for options, path in [('start: timestamp', 'start_timestamp'), ('start: offsets', 'start_offsets'),
                          ('start: timestamp, start_timestamp: "yesterday"', 'start_timestamp'),
                          ('start: offsets, start_offsets: "0-3"', 'start_offsets'),
                          ('start_offsets: "0:3"', 'start_offsets')]:
        done = daemon.cli('validate', '-f', '-', input=definition('bad', broker.address, 'x', options), check=False)
        assert done.returncode == 4 and path in done.stderr, done.stderr


@pytest.mark.parametrize('start', ['earliest', 'latest'])
def test_partitions_that_are_added_are_read_from_their_start(daemon, broker, start):
    topic, name = f'grows-{start}', f'grows-{start}'
    broker.create_topic(topic, 2)
    broker.produce(topic, records(1), partition=0)
    daemon.cli('apply', '-f', '-', '--wait', input=definition(name, broker.address, topic, f'start: {start}', 3))
    first = [1] if start == 'earliest' else []
    assert keys(daemon.rows(name, 'all')[1]) == first
    broker.add_partitions(topic, 5)
    for partition in range(5):
        broker.produce(topic, records(100 + partition, 200 + partition), partition=partition)
    expected = sorted(first + [base + partition for base in (100, 200) for partition in range(5)])
    _, rows = daemon.wait_rows(name, 'all', lambda rows: len(rows) >= len(expected))
    assert keys(rows) == expected
    assert {int(row['p']) for row in rows} == set(range(5))
    # A restart reads the same, and knows the partitions that were found.
    daemon.kill()
    daemon.start()
    _, rows = daemon.wait_rows(name, 'all', lambda rows: True)
    assert keys(rows) == expected
    broker.produce(topic, records(300), partition=4)
    daemon.wait_rows(name, 'all', lambda rows: keys(rows) == expected + [300])
