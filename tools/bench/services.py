"""The workloads that need a running daemon: HTTP ingest, look-ups under load, idle pipelines, Kafka, the cost of an epoch. Each gives lines of
(what, value, unit, floor, goal); a floor that is None has no bound."""
import http.client
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

import inputs
import measure

SYSTEM = pathlib.Path(__file__).parents[2] / 'tests' / 'system'
sys.path.insert(0, str(SYSTEM))

COUNTS = '''name: p
tables:
  t: {columns: [{name: k, type: bigint}, {name: text, type: text}]}
views:
  v: {materialized: true, key: [k], aggregate: {input: t, keys: {k: k}, values: {n: "count(*)"}}}
'''


def apply(daemon, name, text, check=True):
    path = daemon.folder / f'{name}.yaml'
    path.write_text(text)
    return daemon.cli('apply', '--name', name, '-f', str(path), '--wait', check=check, timeout=600)


def cpu_seconds(pids):
    """Of all threads, to the nanosecond: an idle process takes less than a tick of the clock."""
    return sum(int(stat.read_text().split()[0]) for pid in pids for stat in pathlib.Path(f'/proc/{pid}/task').glob('*/schedstat')) / 1e9


class Client:
    """One connection that stays open."""

    def __init__(self, daemon):
        self.connection = http.client.HTTPConnection(daemon.endpoints['http'])

    def call(self, method, path, body=None, content_type=None):
        self.connection.request(method, path, body, {'Content-Type': content_type} if content_type else {})
        answer = self.connection.getresponse()
        return answer.status, answer.read()


def body_of(rows):
    return ''.join(f'{{"k": {i % 97}, "text": "{"x" * 75}"}}\n' for i in range(rows)).encode()


def push(client, body, wait):
    status, answer = client.call('POST', f'/v1/pipelines/p/tables/t:ingest?wait={wait}', body, 'application/x-ndjson')
    if status == 429:
        return 0
    assert status == 200, answer
    return json.loads(answer)['accepted']


def latencies(daemon, wait, seconds):
    client, body, taken = Client(daemon), body_of(100), []
    begin = time.monotonic()
    for i in range(int(seconds * 100)):
        due = begin + i / 100
        time.sleep(max(0.0, due - time.monotonic()))
        # From when it was due: a late one makes those behind it late.
        push(client, body, wait)
        taken.append((time.monotonic() - due) * 1000)
    return taken


def rate(daemon, seconds, clients=4):
    body, counts = body_of(1000), [0] * clients
    end = time.monotonic() + seconds

    def run(number):
        client = Client(daemon)
        while time.monotonic() < end:
            counts[number] += push(client, body, 'durable')

    threads = [threading.Thread(target=run, args=(number,)) for number in range(clients)]
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - begin)


def http_ingest(start_daemon, seconds, _folder):
    daemon = start_daemon(settings=['ingest.pending_bytes=256MiB'])
    apply(daemon, 'p', COUNTS)
    for wait, floor in (('durable', 25), ('visible', 30)):
        taken = latencies(daemon, wait, seconds)
        yield f'p50 of wait={wait}, 100 requests/s of 100 rows', measure.percentile(taken, 0.5), 'ms', None, None
        yield f'p99 of wait={wait}, 100 requests/s of 100 rows', measure.percentile(taken, 0.99), 'ms', floor, None
    yield 'rows/s durable, 100-byte NDJSON, 1,000 a request', rate(daemon, seconds), 'rows/s', -500_000, None


def points(start_daemon, seconds, _folder):
    """Key look-ups while four clients push as fast as they can."""
    daemon = start_daemon(settings=['ingest.pending_bytes=64MiB'])
    apply(daemon, 'p', COUNTS)
    push(Client(daemon), body_of(1000), 'visible')
    loader = threading.Thread(target=rate, args=(daemon, seconds + 2))
    loader.start()
    time.sleep(1)
    client, taken = Client(daemon), []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begin = time.monotonic()
        status, answer = client.call('GET', f'/v1/pipelines/p/views/v/rows?key={len(taken) % 97}')
        taken.append((time.monotonic() - begin) * 1000)
        assert status == 200 and json.loads(answer)['rows'], answer
    loader.join()
    yield 'p50 of a look-up by key under full ingest', measure.percentile(taken, 0.5), 'ms', None, None
    yield 'p99 of a look-up by key under full ingest', measure.percentile(taken, 0.99), 'ms', 5, 1


def idle(start_daemon, seconds, _folder):
    daemon = start_daemon()
    (daemon.folder / 'in').mkdir()
    (daemon.folder / 'in' / 'a.csv').write_text('k,text\n1,a\n')
    followed = COUNTS.replace('{name: text, type: text}]}',
                              '{name: text, type: text}], sources: [{connector: files, path: "in/*.csv", format: csv, mode: follow}]}')
    for number in range(100):
        apply(daemon, f'p{number}', followed.replace('name: p', f'name: p{number}', 1))
    shards = [pid for number in range(100) for pid in daemon.shard_pids(f'p{number}')]
    everyone = [daemon.process.pid, *shards]
    time.sleep(20)  # what a start leaves to do is done
    before, begin = cpu_seconds(everyone), time.monotonic()
    time.sleep(seconds)
    share = (cpu_seconds(everyone) - before) / (time.monotonic() - begin) * 100
    memory = [int(pathlib.Path(f'/proc/{pid}/statm').read_text().split()[1]) * 4096 for pid in shards]
    yield 'CPU of 100 idle pipelines', share, '% of a core', 2, 0.2
    yield 'memory of an idle pipeline', measure.Summary.of(memory).median / 1e6, 'MB', 40, 15
    for views in (1, 990):
        name = f'views{views}'
        text = [f'name: {name}', 'tables:']
        text += [f'  {table}: {{columns: [{{name: k, type: bigint}}, {{name: text, type: text}}]}}' for table in ('t', 'quiet')]
        text += ['views:', COUNTS.splitlines()[-1]]
        text += [f'  v{i}: {{materialized: true, key: [k], aggregate: {{input: quiet, keys: {{k: "k + {i}"}}, values: {{n: "count(*)"}}}}}}'
                 for i in range(1, views)]
        apply(daemon, name, '\n'.join(text) + '\n')
        client, body, taken = Client(daemon), body_of(1), []
        for _ in range(200):
            begin = time.monotonic()
            status, answer = client.call('POST', f'/v1/pipelines/{name}/tables/t:ingest?wait=visible', body, 'application/x-ndjson')
            taken.append((time.monotonic() - begin) * 1000)
            assert status == 200, answer
        if views == 1:
            alone = measure.percentile(taken, 0.5)
        else:
            yield 'one row visible, 1 view of 990 changes, against 1 of 1', measure.percentile(taken, 0.5) / alone, 'x', 1.5, 1.1


def memory(start_daemon, _seconds, folder):
    """What a group and a row that a join keeps take: the shard's resident bytes above those of the empty pipeline."""
    daemon = start_daemon(files_root=folder)

    def grown(name, text):
        apply(daemon, name, text)
        (pid,) = daemon.shard_pids(name)
        return int(pathlib.Path(f'/proc/{pid}/statm').read_text().split()[1]) * 4096

    groups = 1_000_000
    path = inputs.unique_dimension(folder, groups).relative_to(folder)
    one = inputs.unique_dimension(folder, 1).relative_to(folder)
    counted = '''name: {name}
tables:
  t: {{columns: [{{name: nr, type: bigint}}, {{name: g, type: bigint}}], sources: [{{connector: files, path: {path}, format: csv, mode: follow}}]}}
views:
  c: {{aggregate: {{input: t, keys: {{nr: nr}}, values: {{n: "count(*)"}}}}}}
  total: {{materialized: true, aggregate: {{input: c, values: {{n: "sum(n)"}}}}}}
'''
    joined = '''name: {name}
tables:
  t: {{columns: [{{name: nr, type: bigint}}, {{name: g, type: bigint}}], sources: [{{connector: files, path: {path}, format: csv, mode: follow}}]}}
  u: {{columns: [{{name: nr, type: bigint}}, {{name: g, type: bigint}}], sources: [{{connector: files, path: {one}, format: csv, mode: follow}}]}}
views:
  j: {{join: {{left: t, right: u, kind: inner, condition: "t.nr = u.nr"}}}}
  total: {{materialized: true, aggregate: {{input: j, values: {{n: "count(*)"}}}}}}
'''
    empty = grown('empty', counted.format(name='empty', path=one))
    many = grown('groups', counted.format(name='groups', path=path))
    yield 'bytes of a group with count(*)', (many - empty) / groups, 'bytes', 120, 80
    alone = grown('alone', joined.format(name='alone', path=one, one=one))
    kept = grown('joined', joined.format(name='joined', path=path, one=one))
    yield 'bytes of a row of two bigints that a join keeps, 16 of them payload', (kept - alone) / groups, 'bytes', 116, 80


def kafka(start_daemon, seconds, folder):
    from kafka_broker import KafkaBroker  # noqa: PLC0415 - needs the broker's jars
    import os
    jars = os.environ.get('FRESHET_KAFKA_JARS', pathlib.Path(__file__).parents[2] / 'build' / 'kafka')
    rows = 5_000_000
    path = inputs.words(folder, rows)
    with tempfile.TemporaryDirectory() as place:
        broker = KafkaBroker(pathlib.Path(place) / 'kafka', pathlib.Path(jars))
        try:
            broker.create_topic('words', 8)
            subprocess.run(['kcat', '-P', '-b', broker.address, '-t', 'words', '-X', 'linger.ms=5', '-l', str(path)], check=True)
            begin = time.monotonic()
            subprocess.run(['kcat', '-C', '-q', '-e', '-b', broker.address, '-t', 'words', '-o', 'beginning', '-f', ''], check=True,
                           stdout=subprocess.DEVNULL)
            bare = rows / (time.monotonic() - begin)
            daemon = start_daemon()
            definition = f'''name: kafka
tables:
  lines:
    columns: [{{name: word, type: text}}]
    sources: [{{connector: kafka, brokers: "{broker.address}", topic: words, format: json, mode: follow, start: earliest}}]
views:
  counts: {{materialized: true, key: [word], aggregate: {{input: lines, keys: {{word: word}}, values: {{n: "count(*)"}}}}}}
  total: {{materialized: true, aggregate: {{input: counts, values: {{n: "sum(n)"}}}}}}
'''
            begin = time.monotonic()
            apply(daemon, 'kafka', definition)
            daemon.wait_rows('kafka', 'total', lambda found: found and int(found[0]['n'] or 0) >= rows, timeout=600)
            own = rows / (time.monotonic() - begin)
            yield 'messages/s, from apply to all counted', own, 'messages/s', -1_000_000, None
            yield 'share of a bare librdkafka consumer (kcat)', own / bare * 100, '%', None, -70
            yield from kafka_latency(daemon, broker, rows, seconds)
        finally:
            broker.stop()


def kafka_latency(daemon, broker, counted, seconds):
    """100,000 messages/s in bursts of 10.24 ms: from when a burst was due to when its last message is visible."""
    producer = subprocess.Popen(['kcat', '-P', '-b', broker.address, '-t', 'words', '-X', 'linger.ms=1'], stdin=subprocess.PIPE)
    burst = 1024
    # kcat sends what it has read, in whole KiB.
    lines = b''.join(b'{"word": "%019d"}\n' % (i % 50) for i in range(burst))
    assert len(lines) % 1024 == 0
    client, taken, due = Client(daemon), [], []
    producer.stdin.write(lines)
    producer.stdin.flush()
    counted += burst
    # The producer has found its broker.
    daemon.wait_rows('kafka', 'total', lambda found: int(found[0]['n']) >= counted, timeout=60)
    begin = time.monotonic()

    def produce():
        for i in range(int(seconds * 100_000 / burst)):
            at = begin + i * burst / 100_000
            time.sleep(max(0.0, at - time.monotonic()))
            producer.stdin.write(lines)
            producer.stdin.flush()
            due.append((counted + burst * (i + 1), at))

    thread = threading.Thread(target=produce)
    thread.start()
    done = 0
    while thread.is_alive() or done < len(due):
        status, answer = client.call('GET', '/v1/pipelines/kafka/views/total/rows')
        assert status == 200, answer
        seen, now = int(json.loads(answer)['rows'][0]['n']), time.monotonic()
        while done < len(due) and due[done][0] <= seen:
            taken.append((now - due[done][1]) * 1000)
            done += 1
    producer.stdin.close()
    producer.wait()
    yield 'p50 from produce to visible at 100,000/s', measure.percentile(taken, 0.5), 'ms', None, None
    yield 'p99 from produce to visible at 100,000/s', measure.percentile(taken, 0.99), 'ms', 20, 5


# 20 operators; the way of a row leads through 3 exchanges.
TWENTY = '''name: p
options: {{shards: {shards}}}
tables:
  t: {{columns: [{{name: k, type: bigint}}, {{name: v, type: bigint}}]}}
views:
  most: {{aggregate: {{input: t, keys: {{k: k}}, values: {{v: "max(v)"}}}}}}
  least: {{aggregate: {{input: t, keys: {{k: k}}, values: {{v: "min(v)"}}}}}}
  total: {{aggregate: {{input: t, keys: {{k: k}}, values: {{v: "sum(v)", n: "count(*)"}}}}}}
  ends: {{join: {{left: most, right: least, kind: inner, condition: "most.k = least.k"}}}}
  all: {{join: {{left: ends, right: total, kind: inner, condition: "most.k = total.k"}}}}
  range: {{project: {{input: all, columns: {{width: "most.v - least.v", mean: "total.v / n"}}}}}}
  narrow: {{filter: {{input: range, condition: "width < 1000"}}}}
  wide: {{project: {{input: {{filter: {{input: range, condition: "width >= 1000"}}}}, columns: {{width: "width / 10", mean: mean}}}}}}
  both: {{union: {{inputs: [narrow, wide]}}}}
  by_width: {{materialized: true, key: [width], aggregate: {{input: both, keys: {{width: width}}, values: {{keys: "count(*)", low: "min(mean)"}}}}}}
  means: {{aggregate: {{input: both, keys: {{width: width}}, values: {{mean: "max(mean)"}}}}}}
  named: {{join: {{left: by_width, right: means, kind: left, condition: "by_width.width = means.width"}}}}
  ranked: {{project: {{input: {{filter: {{input: named, condition: "keys >= 1"}}}}, columns: {{g: "keys % 10", mean: "mean + low"}}}}}}
  by_count: {{materialized: true, key: [g], aggregate: {{input: ranked, keys: {{g: g}}, values: {{widths: "count(*)", mean: "max(mean)"}}}}}}
'''


def one_row(start_daemon, seconds, _folder):
    """Epochs of one row, as the conductor measures them: from the cut until every shard is done; the log is not synced."""
    for shards, floor in ((1, 0.1), (2, 1)):
        daemon = start_daemon(settings=['log.fsync=off'])
        apply(daemon, 'p', TWENTY.format(shards=shards))
        explained = daemon.cli('explain', 'p').stdout.splitlines()
        operators = [line.split()[0] for line in explained if line and not line.endswith('(shown above)')]
        assert sum(each not in ('source', 'exchange') for each in operators) == 20, explained
        client, begin, row = Client(daemon), time.monotonic(), 0
        while time.monotonic() < begin + seconds or row < 200:
            row += 1
            status, answer = client.call('POST', '/v1/pipelines/p/tables/t:ingest?wait=visible',
                                         b'{"k": %d, "v": %d}\n' % (row * 7 % 1000, row * 997 % 12345), 'application/x-ndjson')
            assert status == 200, answer
        time.sleep(1.5)  # shards report once a second
        metrics = client.call('GET', '/metrics')[1].decode()
        samples = [line for line in metrics.splitlines() if line.startswith('freshet_epoch_seconds{') and 'phase="run"' in line]
        for quantile, name in (('0.5', 'p50'), ('0.99', 'p99')):
            (sample,) = (line for line in samples if f'quantile="{quantile}"' in line)
            yield (f'{name} from cut to DONE, one row, 20 operators, {shards} shard{"s" if shards > 1 else ""}',
                   float(sample.split()[-1]) * 1000, 'ms', floor if name == 'p50' else None, None)


SERVICES = {'http': http_ingest, 'one-row': one_row, 'points': points, 'idle': idle, 'memory': memory, 'kafka': kafka}
