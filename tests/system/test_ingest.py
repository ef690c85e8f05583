"""Rows over HTTP: what was acknowledged is counted once, whatever dies; bad records are told by line and column."""
import json
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
import uuid

import pytest

from freshet_daemon import BIN

SHOP = '''name: shop
options: {shards: 2}
tables:
  orders:
    columns: [{name: id, type: bigint, not_null: true}, {name: customer, type: text}, {name: total, type: bigint}]
    primary_key: [id]
  clicks:
    columns: [{name: page, type: text, not_null: true}, {name: n, type: bigint}]
views:
  per_customer:
    materialized: true
    key: [customer]
    aggregate: {input: orders, keys: {customer: customer}, values: {n: "count(*)", total: "sum(total)"}}
  per_page:
    materialized: true
    key: [page]
    aggregate: {input: clicks, keys: {page: page}, values: {n: "count(*)", total: "sum(n)"}}
'''
NDJSON = 'application/x-ndjson'


@pytest.fixture
def shop(start_daemon):
    daemon = start_daemon()
    (daemon.folder / 'shop.yaml').write_text(SHOP)
    daemon.cli('apply', '-f', 'shop.yaml', '--wait')
    return daemon


def send(daemon, table, body, content_type=NDJSON, key=None, pipeline='shop', **query):
    """(status, answer) of one ingest request."""
    headers = {'Content-Type': content_type}
    if key is not None:
        headers['Idempotency-Key'] = key
    request = urllib.request.Request(daemon.url(f'/v1/pipelines/{pipeline}/tables/{table}:ingest', **query),
                                     data=body.encode() if isinstance(body, str) else body, method='POST',
                                     headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def lines(*rows):
    return ''.join(json.dumps(row) + '\n' for row in rows)


def by(rows, key):
    return {row[key]: row for row in rows}


def test_rows_in_every_format_and_envelope(shop):
    status, answer = send(shop, 'orders', lines({'id': 1, 'customer': 'ann', 'total': 10},
                                                {'insert': {'id': 2, 'customer': 'bob', 'total': 5}},
                                                {'upsert': {'id': 1, 'customer': 'ann', 'total': 30}}), wait='visible')
    assert status == 200 and (answer['accepted'], answer['rejected'], answer['errors']) == (3, 0, [])
    _, rows = shop.rows('shop', 'per_customer')
    assert by(rows, 'customer') == {'ann': {'customer': 'ann', 'n': 1, 'total': '30'},
                                    'bob': {'customer': 'bob', 'n': 1, 'total': '5'}}
    status, answer = send(shop, 'orders', '[{"id": 3, "customer": "ann", "total": 1},\n {"delete": {"id": 2}}]',
                          'application/json', wait='visible')
    assert status == 200 and answer['accepted'] == 2
    _, rows = shop.rows('shop', 'per_customer')
    assert by(rows, 'customer') == {'ann': {'customer': 'ann', 'n': 2, 'total': '31'}}
    status, answer = send(shop, 'orders', 'id,customer,total\n4,"c, d",7\n', 'text/csv', wait='visible')
    assert status == 200 and answer['accepted'] == 1
    _, rows = shop.rows('shop', 'per_customer', key='"c, d"')
    assert rows == [{'customer': 'c, d', 'n': 1, 'total': '7'}]
    # A table without a source keeps its rows.
    assert len(shop.get('/v1/pipelines/shop/tables/orders/rows')['rows']) == 3


def test_a_token_is_waited_for(shop):
    for i in range(20):
        _, answer = send(shop, 'clicks', lines({'page': f'p{i}', 'n': i}))
        _, rows = shop.rows('shop', 'per_page', key=json.dumps(f'p{i}'), at_least=answer['token'])
        assert rows == [{'page': f'p{i}', 'n': 1, 'total': str(i)}]
    status, _, body = shop.request('GET', '/v1/pipelines/shop/views/per_page/rows', at_least='nonsense')
    assert status == 400 and json.loads(body)['code'] == 'INVALID_TOKEN'


def test_bad_records_are_told_and_good_ones_go_in(shop):
    body = '{"page": "a", "n": 1}\n{"page": "b", "n": \n\n{"n": 3}\n{"page": "c", "n": 4}}\n{"page": "d", "n": 5}\n'
    status, answer = send(shop, 'clicks', body, wait='visible')
    assert status == 200 and (answer['accepted'], answer['rejected']) == (2, 3), answer
    assert [(e['line'], e['code']) for e in answer['errors']] == [(2, 'MALFORMED_RECORD'), (4, 'NULL_VIOLATION'),
                                                                  (5, 'MALFORMED_RECORD')]
    assert answer['errors'][2]['column'] == 22, answer['errors']
    _, rows = shop.rows('shop', 'per_page')
    assert sorted(row['page'] for row in rows) == ['a', 'd']
    letters = shop.get('/v1/pipelines/shop/dead-letters')['dead_letters']
    assert [letter['code'] for letter in letters] == ['MALFORMED_RECORD', 'NULL_VIOLATION', 'MALFORMED_RECORD']
    assert all(letter['epoch'] > 0 and letter['table'] == 'clicks' for letter in letters)
    status, answer = send(shop, 'clicks', '[{"page": "e"}, {"page": "f"} {"page": "g"}]', 'application/json', wait='visible')
    assert status == 200 and (answer['accepted'], answer['rejected']) == (2, 1), answer


def test_an_idempotency_key_counts_once(shop):
    key = str(uuid.uuid4())
    body = lines({'page': 'x', 'n': 1}, {'n': 2})
    first = send(shop, 'clicks', body, key=key, wait='visible')
    assert first[0] == 200
    assert send(shop, 'clicks', body, key=key) == first
    status, answer = send(shop, 'clicks', lines({'page': 'y', 'n': 1}), key=key)
    assert status == 409 and answer['code'] == 'IDEMPOTENCY_CONFLICT'
    shop.kill()
    shop.start()
    shop.wait_state('shop', 'RUNNING')
    assert send(shop, 'clicks', body, key=key) == first
    _, rows = shop.rows('shop', 'per_page')
    assert rows == [{'page': 'x', 'n': 1, 'total': '1'}]
    deadline = time.monotonic() + 10
    while b'freshet_ingest_repeated_total{pipeline="shop",shard="0"} 1' not in shop.request('GET', '/metrics')[2]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_what_is_wrong_with_a_request(shop):
    assert send(shop, 'clicks', 'x', 'application/xml')[1]['code'] == 'UNSUPPORTED_MEDIA_TYPE'
    assert send(shop, 'none', '{}')[1]['code'] == 'UNKNOWN_TABLE'
    assert send(shop, 'clicks', '{}', pipeline='none')[0] == 404
    assert send(shop, 'clicks', '{}', wait='long')[0] == 400
    assert send(shop, 'clicks', '{}', key='k' * 300)[0] == 400
    # More than a request may have: told before it is sent.
    host, port = shop.endpoints['http'].split(':')
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b'POST /v1/pipelines/shop/tables/clicks:ingest HTTP/1.1\r\nHost: x\r\n'
                           b'Content-Type: application/x-ndjson\r\nContent-Length: 17000000\r\n\r\n')
        assert connection.recv(1000).startswith(b'HTTP/1.1 413 ')
    shop.cli('stop', 'shop')
    shop.wait_state('shop', 'STOPPED')
    assert send(shop, 'clicks', '{}')[1]['code'] == 'NOT_RUNNING'


def test_too_much_at_once_is_told_to_come_later(start_daemon):
    daemon = start_daemon(settings=['ingest.pending_bytes=64KiB', 'ingest.timeout=5s'])
    (daemon.folder / 'shop.yaml').write_text(SHOP.replace('shards: 2', 'shards: 1'))
    daemon.cli('apply', '-f', 'shop.yaml', '--wait')
    os.kill(daemon.shard_pids('shop')[0], signal.SIGSTOP)
    body = lines(*({'page': 'p', 'n': i} for i in range(3000)))
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(send(daemon, 'clicks', body))) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    os.kill(daemon.shard_pids('shop')[0], signal.SIGCONT)
    for thread in threads:
        thread.join()
    taken = sum(status == 200 for status, _ in answers)
    assert taken >= 1 and all(status in (200, 429) for status, _ in answers), answers
    daemon.wait_rows('shop', 'per_page', lambda rows: rows and rows[0]['n'] == 3000 * taken)


def test_a_changed_definition_keeps_what_was_sent(shop):
    send(shop, 'clicks', lines({'page': 'a', 'n': 1}, {'page': 'b', 'n': 2}), wait='visible')
    changed = SHOP.replace('values: {n: "count(*)", total: "sum(n)"}', 'values: {n: "count(*)", most: "max(n)"}')
    (shop.folder / 'shop.yaml').write_text(changed)
    shop.cli('apply', '-f', 'shop.yaml', '--wait')
    _, rows = shop.wait_rows('shop', 'per_page', lambda rows: len(rows) == 2)
    assert by(rows, 'page')['b'] == {'page': 'b', 'n': 1, 'most': 2}


@pytest.mark.parametrize('victim', ['shard 0', 'shard 1', 'daemon'])
def test_acknowledged_rows_are_counted_once_over_kills(shop, victim):
    """Each client sends rows under keys of its own and sends again what was not acknowledged."""
    acknowledged = [0] * 3
    ending = threading.Event()

    def client(number):
        sent = 0
        while not ending.is_set():
            body = lines(*({'page': f'c{number}', 'n': 1} for _ in range(10)))
            key = f'{number}-{sent}'
            while True:
                try:
                    status, _ = send(shop, 'clicks', body, key=key)
                except (OSError, ValueError):
                    status = 0
                if status == 200:
                    break
                assert status in (0, 429, 503), status
                time.sleep(0.02)
            sent += 1
            acknowledged[number] = sent * 10

    threads = [threading.Thread(target=client, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        time.sleep(0.7)
        if victim == 'daemon':
            shop.kill()
            shop.start()
        else:
            shop.wait_state('shop', 'RUNNING')
            os.kill(shop.shard_pids('shop')[int(victim[-1])], signal.SIGKILL)
    time.sleep(0.5)
    ending.set()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    shop.wait_state('shop', 'RUNNING')
    wanted = {f'c{number}': count for number, count in enumerate(acknowledged)}
    shop.wait_rows('shop', 'per_page', lambda rows: {row['page']: row['n'] for row in rows} == wanted)


def test_the_cli_sends_files_and_streams(shop):
    rows = 50_000
    path = shop.folder / 'clicks.csv'
    path.write_text('page,n\n' + ''.join(f'"p\n{i % 5}",{i}\n' for i in range(rows)) + 'x,y,z\n')
    done = shop.cli('ingest', 'shop', 'clicks', 'clicks.csv', '--wait', '--key', 'day-1', '--chunk-bytes', '20000',
                    check=False)
    assert done.returncode == 1 and '1 rows were rejected' in done.stderr, done.stderr
    assert f'line {2 * rows + 2}, ' in done.stderr, done.stderr
    again = shop.cli('ingest', 'shop', 'clicks', 'clicks.csv', '--wait', '--key', 'day-1', '--chunk-bytes', '20000',
                     check=False)
    assert again.returncode == 1
    _, shown = shop.rows('shop', 'per_page')
    assert {row['page']: row['n'] for row in shown} == {f'p\n{i}': rows // 5 for i in range(5)}
    process = subprocess.Popen([str(BIN / 'freshet'), '--address', shop.endpoints['grpc'], 'ingest', 'shop', 'clicks'],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdin.write(lines({'page': 'live', 'n': 1}))
    process.stdin.flush()
    shop.wait_rows('shop', 'per_page', lambda rows: any(row['page'] == 'live' for row in rows))
    output, errors = process.communicate(lines({'page': 'live', 'n': 2}), timeout=30)
    assert process.returncode == 0 and output.strip(), errors
    shop.wait_rows('shop', 'per_page', lambda rows: any(row['page'] == 'live' and row['n'] == 2 for row in rows))
