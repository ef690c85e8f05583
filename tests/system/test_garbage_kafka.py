"""Garbage in Kafka: dead letters by offset, exact counts, well-formed neighbours read; topics that are not there and
brokers that are away are told in the status, while other pipelines go on, and are read once they come."""
import random
import socket
import struct
import subprocess
import tempfile
import threading
import time

import pytest
from freshet_daemon import Daemon
from good_neighbour import GoodNeighbour, assert_memory_below
from kafka_broker import KafkaBroker, free_port


@pytest.fixture(scope='module')
def neighbour(tmp_path_factory):
    daemon = Daemon(tmp_path_factory.mktemp('kafka') / 'freshetd')
    neighbour = GoodNeighbour(daemon)
    neighbour.check()
    yield neighbour
    neighbour.check()
    daemon.stop()


@pytest.fixture
def daemon(neighbour):
    yield neighbour.daemon
    neighbour.check()
    assert_memory_below(neighbour.daemon, 400)


def definition(name, address, topic, options='', table=''):
    return f'''
name: {name}
tables:
  t:
    columns: [{{name: k, type: bigint, not_null: true}}, {{name: v, type: text}}]
    {table}
    sources: [{{connector: kafka, brokers: "{address}", topic: {topic}, format: json, partition_poll_interval_ms: 500{options}}}]
views:
  all: {{materialized: true, project: {{input: t, columns: {{k: k, v: v}}}}}}
'''


def send(broker, topic, value, key=None):
    """One message of any bytes."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(value)
        file.flush()
        arguments = ['-P', '-t', topic, '-p', '0', '-X', 'message.max.bytes=20000000', *(['-k', key] if key else [])]
        subprocess.run(['kcat', '-b', broker.address, *arguments, file.name], check=True, timeout=30)


def letters_of(daemon, name, count):
    """Of all, once the view and the status have as many."""
    deadline = time.monotonic() + 10
    while True:
        letters = daemon.get(f'/v1/pipelines/{name}/dead-letters', limit=1000)['dead_letters']
        told = int(daemon.status(name)['sources'][0]['dead_letters'])
        if len(letters) == count and told == count:
            return letters
        assert time.monotonic() < deadline, f'{len(letters)} letters, {told} told, {count} expected: {letters[-3:]}'
        time.sleep(0.1)


def test_messages_of_every_kind_of_wrong(daemon, broker):
    broker.create_topic('wrong', 1, max_message_bytes='20000000')
    rng = random.Random(2)
    messages = [b'{"k": 1, "v": "good"}', b'garbage', b'{"k": 2', b'[' * 100_000, rng.randbytes(5000),
                b'{"k": "x"}', b'{"v": "no key"}', b'{"k": null}', b'\0', b'{"k": 3, "v": "\xff"}', b'null',
                b'{"k": 4}{"k": 5}', b'{"k": 6, "v": "good"}', b'{"k": 7, "v": "' + b'x' * 17_000_000 + b'"}',
                b'{"k": 8, "v": "good"}']
    daemon.cli('apply', '-f', '-', '--wait', input=definition('wrong', broker.address, 'wrong', ', bad_value: dead_letter'))
    for message in messages:
        send(broker, 'wrong', message)
    broker.produce('wrong', [':'], partition=0, key_delimiter=':')  # a null value and an empty key
    send(broker, 'wrong', b'{"k": 9, "v": "good"}', key='\x01\x02')
    _, rows = daemon.wait_rows('wrong', 'all', lambda rows: {1, 6, 8, 9} <= {row['k'] for row in rows}, timeout=20)
    assert {row['k'] for row in rows} == {1, 6, 8, 9}
    letters = letters_of(daemon, 'wrong', 13)
    assert sorted(int(letter['position']) for letter in letters) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15]
    codes = {int(letter['position']): letter['code'] for letter in letters}
    assert codes[13] == 'RECORD_TOO_LARGE' and codes[1] == codes[2] == codes[3] == codes[11] == 'MALFORMED_RECORD'
    assert codes[9] == 'INVALID_UTF8' and codes[6] in ('NULL_VIOLATION', 'BAD_KEY')
    for letter in letters:
        assert letter['partition'] == 'wrong/000000' and letter['message'] and len(letter['record']) <= 1024


def test_upserts_with_bad_keys(daemon, broker):
    broker.create_topic('keys', 1)
    daemon.cli('apply', '-f', '-', '--wait', input=definition(
        'keys', broker.address, 'keys', ', envelope: upsert, key_format: json', table='primary_key: [k]'))
    broker.produce('keys', ['{"k":1}|{"k":1,"v":"a"}', '{"k":2}|{"k":2,"v":"b"}', '{"k":1}|', 'junk|', '|',
                            '{"k":"x"}|', '{"x":1}|', '{"k":3}|{"k":3,"v":"c"}'], partition=0, key_delimiter='|')
    _, rows = daemon.wait_rows('keys', 'all', lambda rows: {row['k'] for row in rows} == {2, 3}, timeout=20)
    assert {row['v'] for row in rows} == {'b', 'c'}
    letters = letters_of(daemon, 'keys', 4)
    assert sorted(int(letter['position']) for letter in letters) == [3, 4, 5, 6]


def test_a_topic_that_is_not_there(daemon, broker):
    daemon.cli('apply', '-f', '-', input=definition('absent', broker.address, 'absent'))
    wait_reason(daemon, 'absent', 'absent')
    assert daemon.status('absent')['state'] in ('STARTING', 'HYDRATING')
    status, _, body = daemon.request('GET', '/v1/pipelines/absent/views/all/rows')
    assert status == 503 and b'HYDRATING' in body
    broker.create_topic('absent', 1)
    broker.produce('absent', ['{"k": 1, "v": "x"}'])
    daemon.wait_state('absent', 'RUNNING', timeout=30)
    daemon.wait_rows('absent', 'all', lambda rows: len(rows) == 1)


def wait_reason(daemon, name, word, timeout=15):
    deadline = time.monotonic() + timeout
    while True:
        status = daemon.status(name)
        told = [status.get('reason') or ''] + [source.get('message') or '' for source in status['sources']]
        if any(word in text for text in told):
            return status
        assert time.monotonic() < deadline, status
        time.sleep(0.1)


def test_a_broker_that_is_away_at_first_and_lost_later(daemon, broker):
    away = f'127.0.0.1:{free_port()}'
    daemon.cli('apply', '-f', '-', input=definition('away', away, 't1'))
    assert wait_reason(daemon, 'away', away)['state'] in ('STARTING', 'HYDRATING')
    broker.create_topic('lost', 1)
    broker.produce('lost', ['{"k": 1, "v": "x"}'])
    daemon.cli('apply', '-f', '-', '--wait', input=definition('lost', broker.address, 'lost'))
    epoch, _ = daemon.wait_rows('lost', 'all', lambda rows: len(rows) == 1)
    broker.kill()
    wait_reason(daemon, 'lost', broker.address)
    assert daemon.rows('lost', 'all')[1] == [{'k': 1, 'v': 'x'}]  # what is known is still answered
    assert daemon.status('lost')['state'] == 'RUNNING'
    broker.start()
    broker.produce('lost', ['{"k": 2, "v": "y"}'])
    after, _ = daemon.wait_rows('lost', 'all', lambda rows: len(rows) == 2, timeout=30)
    assert after > epoch
    deadline = time.monotonic() + 15
    while daemon.status('lost')['sources'][0]['message']:
        assert time.monotonic() < deadline, daemon.status('lost')['sources']
        time.sleep(0.2)


def test_what_answers_is_no_broker(daemon):
    """Random bytes and a frame of 2 GiB in answer to each request."""
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        listener.listen()
        rng = random.Random(4)

        def serve():
            while True:
                try:
                    client, _ = listener.accept()
                    client.recv(4096)
                    client.sendall(struct.pack('>i', 0x7FFFFFFF) + rng.randbytes(65536))
                    client.close()
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        address = f'127.0.0.1:{listener.getsockname()[1]}'
        daemon.cli('apply', '-f', '-', input=definition('fake', address, 't'))
        status = wait_reason(daemon, 'fake', address)
        assert status['state'] in ('STARTING', 'HYDRATING')
        daemon.cli('delete', 'fake')
        listener.shutdown(socket.SHUT_RDWR)
