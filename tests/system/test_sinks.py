"""What a sink wrote, read as its README says, equals the view: through a real broker and in files, while shards, the
daemon and the broker are killed with -9."""
import json
import os
import signal
import subprocess
import time

import pytest
from freshet_daemon import BIN
from kafka_broker import KafkaBroker, kafka_jars
from sink_reader import count_rows, current_records, file_lines, fold_lines, fold_upserts, sink_records

COUNTS = '''
name: counts
options: {{shards: {shards}}}
tables:
  words:
    columns: [{{name: word, type: text}}]
    sources: [{source}]
views:
  counts:
    materialized: true
    aggregate: {{input: words, keys: {{word: word}}, values: {{n: "count(*)"}}}}
  rare:
    materialized: true
    key: [word]
    filter: {{input: counts, condition: "n < 40"}}
'''
KAFKA_SOURCE = '{{connector: kafka, brokers: "{0}", topic: {1}, format: raw}}'
FOLLOWED = '{{connector: files, path: {0}, format: raw, mode: follow, poll_interval_ms: 50}}'


def words(begin, end):
    """Some words come often, others now and then: rows of `rare` come, change and go."""
    return [f'w{(i * i) % 997 % (100 + i // 500)}' for i in range(begin, end)]


def wait_for(what, predicate, timeout=60):
    deadline = time.monotonic() + timeout
    while True:
        found = predicate()
        if found:
            return found
        assert time.monotonic() < deadline, what() if callable(what) else what
        time.sleep(0.2)


def wait_total(daemon, total):
    return daemon.wait_rows('counts', 'counts', lambda rows: sum(row['n'] for row in rows) >= total, timeout=120)


def sink_status(daemon, sink):
    return next(each for each in daemon.status('counts')['sinks'] if each['sink'] == sink)


def assert_topic_equals_view(daemon, broker, topic, view):
    def same():
        rows = fold_upserts(sink_records(broker, topic))
        return count_rows(rows) == count_rows(daemon.rows('counts', view)[1])
    wait_for(f'topic {topic} does not become what {view} is', same)


@pytest.mark.parametrize('shards', [1, 3])
def test_topics_equal_views_over_kills(start_daemon, tmp_path, shards):
    broker = KafkaBroker(tmp_path / 'kafka', kafka_jars())
    try:
        broker.create_topic('words', 3)
        broker.create_topic('rare', 2)
        broker.create_topic('changes', 2)
        daemon = start_daemon()
        definition = daemon.folder / 'counts.yaml'
        definition.write_text(COUNTS.format(shards=shards, source=KAFKA_SOURCE.format(broker.address, 'words')) + f'''
sinks:
  rare: {{from: rare, connector: kafka, brokers: "{broker.address}", topic: rare, format: json, envelope: upsert}}
  changes: {{from: counts, connector: kafka, brokers: "{broker.address}", topic: changes, envelope: changes}}
''')
        daemon.cli('apply', '-f', str(definition), '--wait')
        sent = 0
        for step in ('shard', 'broker', 'daemon', 'both', 'none'):
            broker.produce('words', words(sent, sent + 4000))
            sent += 4000
            if step != 'broker':
                time.sleep(0.3)
            if step in ('shard', 'both'):
                os.kill(daemon.shard_pids('counts')[-1], signal.SIGKILL)
            if step == 'broker':
                broker.kill()
                time.sleep(1)
                broker.start()
            if step in ('daemon', 'both'):
                daemon.kill()
                daemon.start()
            if step != 'both':
                wait_total(daemon, sent)
        assert_topic_equals_view(daemon, broker, 'rare', 'rare')

        def changes_fold():
            rows = {}
            for _, _, _, _, _, value in current_records(sink_records(broker, 'changes'))[0]:
                text = json.dumps(value['row'], sort_keys=True)
                rows[text] = rows.get(text, 0) + value['weight']
            assert all(weight in (0, 1) for weight in rows.values()), rows
            kept = [json.loads(text) for text, weight in rows.items() if weight]
            return count_rows(kept) == count_rows(daemon.rows('counts', 'counts')[1])

        wait_for('the folded changes are not the view', changes_fold)
        status = sink_status(daemon, 'rare')
        assert status['message'] == '' and status['epochs_behind'] == 0 and status['buffered_bytes'] == 0, status
        # Records of an epoch are sorted by key, and a partition's epochs grow.
        for partition in (0, 1):
            marks = [record[2:4] for record in current_records(sink_records(broker, 'rare'))[0]
                     if record[0] == partition]
            assert marks == sorted(marks) and len(set(marks)) == len(marks)
        metrics = daemon.request('GET', '/metrics')[2].decode()
        assert 'freshet_sink_records_total{' in metrics
        assert 'SINK' in daemon.cli('status', 'counts').stdout
    finally:
        broker.stop()


@pytest.mark.parametrize('shards', [1, 3])
def test_files_equal_the_view_over_kills(start_daemon, shards):
    daemon = start_daemon()
    (daemon.folder / 'in').mkdir()
    definition = daemon.folder / 'counts.yaml'
    definition.write_text(COUNTS.format(shards=shards, source=FOLLOWED.format('in')) + '''
sinks:
  out: {from: rare, connector: files, path: out/rare, format: json, roll_bytes: 20000}
''')
    (daemon.folder / 'in' / '0').write_text('\n'.join(words(0, 2000)) + '\n')
    daemon.cli('apply', '-f', str(definition), '--wait')
    out = daemon.folder / 'out' / 'rare'
    sent = 2000
    for step in ('shard', 'daemon', 'shard', 'none'):
        for _ in range(5):
            (daemon.folder / f'part{sent}').write_text('\n'.join(words(sent, sent + 500)) + '\n')
            os.rename(daemon.folder / f'part{sent}', daemon.folder / 'in' / str(sent))
            sent += 500
            time.sleep(0.1)
        if step == 'shard':
            os.kill(daemon.shard_pids('counts')[-1], signal.SIGKILL)
        if step == 'daemon':
            daemon.kill()
            daemon.start()
        wait_total(daemon, sent)

        def same():
            try:
                return fold_lines(file_lines(out, 'out')) == count_rows(daemon.rows('counts', 'rare')[1])
            except FileNotFoundError:  # it got its name in between
                return False

        wait_for('the files do not become what the view is', same)
    names = [path.name for path in out.iterdir()]
    assert sum(name.endswith('.open') for name in names) <= shards
    assert any(name.endswith('.jsonl') for name in names), names


def test_run_leaves_final_files(tmp_path):
    (tmp_path / 'in').write_text('\n'.join(words(0, 3000)) + '\n')
    (tmp_path / 'counts.yaml').write_text(
        COUNTS.format(shards=2, source='{connector: files, path: in, format: raw}') + '''
sinks:
  json: {from: rare, connector: files, path: out, format: json}
  csv: {from: counts, connector: files, path: out, format: csv}
''')

    def run():
        done = subprocess.run([str(BIN / 'freshet'), 'run', 'counts.yaml', '-o', 'json'], cwd=tmp_path, check=False,
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return [row['row'] for row in rows if row['view'] == 'rare'], [row['row'] for row in rows
                                                                       if row['view'] == 'counts']

    for _ in range(2):  # the second run's result takes the place of the first one's
        rare, counts = run()
        assert not list((tmp_path / 'out').glob('*.open'))
        lines = file_lines(tmp_path / 'out', 'json', open_too=False)
        assert fold_lines(lines) == count_rows(rare)
        assert all(line['weight'] == 1 for shard in lines.values() for line in shard), 'a load is its net change'
        read = []
        for path in (tmp_path / 'out').glob('csv-*.csv'):
            header, *body = path.read_text().splitlines()
            assert header == '__epoch,__weight,word,n'
            read += [line.split(',') for line in body]
        assert sorted((word, int(n)) for _, weight, word, n in read) == sorted((row['word'], row['n']) for row in counts)
        with open(tmp_path / 'in', 'a', encoding='utf8') as file:
            file.write('\n'.join(words(3000, 3500)) + '\n')


def test_a_broker_that_is_away_stops_only_its_sources_and_late(start_daemon, tmp_path):
    broker = KafkaBroker(tmp_path / 'kafka', kafka_jars())
    try:
        broker.create_topic('counts', 2)
        daemon = start_daemon()
        (daemon.folder / 'in').mkdir()
        definition = daemon.folder / 'counts.yaml'
        definition.write_text(COUNTS.format(shards=2, source=FOLLOWED.format('in')) + f'''
sinks:
  out: {{from: counts, connector: kafka, brokers: "{broker.address}", topic: counts, envelope: upsert, buffer_bytes: 20000}}
''')
        (daemon.folder / 'in' / '0').write_text('\n'.join(words(0, 2000)) + '\n')
        daemon.cli('apply', '-f', str(definition), '--wait')
        assert_topic_equals_view(daemon, broker, 'counts', 'counts')
        broker.kill()
        sent, held = 2000, False
        while not held and sent < 200_000:
            (daemon.folder / 'in' / str(sent)).write_text('\n'.join(words(sent, sent + 500)) + '\n')
            sent += 500
            time.sleep(0.15)
            rows = daemon.rows('counts', 'counts')[1]  # reads go on
            held = sum(row['n'] for row in rows) < sent - 5000
        assert held, 'the sources were never slowed'
        status = wait_for('the sink says nothing', lambda: sink_status(daemon, 'out')['message'] and sink_status(daemon, 'out'))
        assert 'counts' in status['message'] and status['epochs_behind'] > 0, status
        assert status['buffered_bytes'] < 20 * 20000, status
        assert daemon.status('counts')['state'] == 'RUNNING'
        total = sum(row['n'] for row in daemon.rows('counts', 'counts')[1])
        time.sleep(1)
        assert sum(row['n'] for row in daemon.rows('counts', 'counts')[1]) == total
        broker.start()
        wait_total(daemon, sent)
        assert_topic_equals_view(daemon, broker, 'counts', 'counts')
        # Reports come once a second.
        wait_for(lambda: sink_status(daemon, 'out'), lambda: sink_status(daemon, 'out')['message'] == '')
    finally:
        broker.stop()


def test_a_changed_number_of_partitions_is_refused_by_name(start_daemon, broker):
    broker.create_topic('grown', 2)
    daemon = start_daemon(settings=['restarts.failures_max=2'])
    (daemon.folder / 'in').write_text('a\nb\n')
    definition = daemon.folder / 'counts.yaml'
    definition.write_text(COUNTS.format(shards=1, source=FOLLOWED.format('in')) + f'''
sinks:
  out: {{from: counts, connector: kafka, brokers: "{broker.address}", topic: grown, envelope: upsert}}
''')
    daemon.cli('apply', '-f', str(definition), '--wait')
    assert_topic_equals_view(daemon, broker, 'grown', 'counts')
    broker.add_partitions('grown', 3)
    os.kill(daemon.shard_pids('counts')[0], signal.SIGKILL)
    status = daemon.wait_state('counts', 'FAILED')
    assert 'sink out: topic grown has 3 partitions, and had 2 when the sink began' in status['reason'], status['reason']


def test_rows_with_errors_are_left_out_and_counted(start_daemon, broker):
    broker.create_topic('quotients', 1)
    daemon = start_daemon()
    (daemon.folder / 'in').write_text('{"k": 1, "d": 2}\n{"k": 2, "d": 0}\n')
    (daemon.folder / 'quotients.yaml').write_text(f'''
name: quotients
tables:
  t:
    columns: [{{name: k, type: bigint}}, {{name: d, type: bigint}}]
    primary_key: [k]
    sources: [{{connector: files, path: in, format: json, mode: follow, poll_interval_ms: 50}}]
views:
  q:
    materialized: true
    project: {{input: t, columns: {{k: k, q: "10 / d"}}}}
sinks:
  out: {{from: q, connector: kafka, brokers: "{broker.address}", topic: quotients, envelope: upsert}}
''')
    daemon.cli('apply', '-f', 'quotients.yaml', '--wait')
    wait_for('nothing is sent', lambda: fold_upserts(sink_records(broker, 'quotients')) == [{'k': 1, 'q': 5}])
    assert daemon.status('quotients')['sinks'][0]['error_rows'] == 1
    with open(daemon.folder / 'in', 'a', encoding='utf8') as file:
        file.write('{"k": 1, "d": 0}\n{"k": 2, "d": 5}\n')
    wait_for('the error does not heal', lambda: fold_upserts(sink_records(broker, 'quotients')) == [{'k': 2, 'q': 2}])
    assert sink_records(broker, 'quotients')[-1][5] is not None
    assert [record[5] for record in sink_records(broker, 'quotients') if record[4] == '{"k":1}'][-1] is None
    wait_for('the count does not follow', lambda: daemon.status('quotients')['sinks'][0]['error_rows'] == 1)
