"""Processes that die again and again, and what is left after it: states, epochs, data directories, orphans."""
import contextlib
import os
import signal
import subprocess
import time

from freshet_daemon import BIN
from process_figures import MIB, lives, memory_bytes
from test_overload import apply, counts, files, write_numbers


def kill_shards_until(daemon, pipeline, state, timeout=60):
    """Kills every shard as soon as it is there; returns all statuses seen."""
    seen = []
    deadline = time.monotonic() + timeout
    while True:
        status = daemon.status(pipeline)
        seen.append(status)
        if status['state'] == state:
            return seen
        assert time.monotonic() < deadline, status
        for shard in status['shards']:
            with contextlib.suppress(ProcessLookupError):
                os.kill(shard['pid'], signal.SIGKILL)
        time.sleep(0.002)


def test_row_counts_come_with_the_state(start_daemon):
    daemon = start_daemon()
    write_numbers(daemon.folder / 'in' / 'a.csv', 20_000)
    for shards in (1, 2, 3):
        for mode, states in (('static', ('COMPLETED', 'RUNNING')), ('follow', ('RUNNING',))):
            name = f'{mode}{shards}'
            apply(daemon, name, counts(files('in/*.csv', mode), f'shards: {shards}'))
            status = daemon.wait_state(name, *states)
            assert {view['name']: view['rows'] for view in status['views']} == {'by_i': 20_000, 'by_k': 7}
            assert status['sources'][0]['rows'] == 20_000 and status['load']['rows'] == 20_000


def test_every_key_is_found_by_its_owner(start_daemon):
    """A look-up asks only the shards that own its keys; none may be asked in vain."""
    daemon = start_daemon()
    write_numbers(daemon.folder / 'in' / 'a.csv', 300)
    apply(daemon, 'p', counts(files('in/*.csv'), 'shards: 3'))
    for i in range(0, 300, 7):
        _, rows = daemon.rows('p', 'by_i', key=i)
        assert rows == [{'i': i, 'n': 1}], (i, rows)
    _, rows = daemon.rows('p', 'by_i', key=list(range(0, 300, 3)))
    assert sorted(row['i'] for row in rows) == list(range(0, 300, 3))
    assert daemon.rows('p', 'by_i', key=1000)[1] == []


def test_a_group_that_dies_again_and_again(start_daemon):
    """It becomes FAILED after restarts.failures_max failures in a row; a new revision goes on, with later epochs."""
    daemon = start_daemon(settings=['restarts.failures_max=3', 'restarts.backoff_min=20ms'])
    write_numbers(daemon.folder / 'in' / 'a.csv', 5000)
    apply(daemon, 'p', counts(files('in/*.csv', 'follow')))
    apply(daemon, 'q', counts(files('in/*.csv', 'follow')))
    first = daemon.status('p')
    start = time.monotonic()
    seen = kill_shards_until(daemon, 'p', 'FAILED')
    assert time.monotonic() - start > 0.02 + 0.04 + 0.08  # the waits between the starts
    assert 'killed by signal 9' in seen[-1]['reason'] and seen[-1]['restarts'] == 4, seen[-1]
    assert {status['state'] for status in seen} <= {'RUNNING', 'RECOVERING', 'FAILED'}
    epochs = [status['epoch'] for status in seen]
    assert epochs == sorted(epochs)
    code, _, body = daemon.request('GET', '/v1/pipelines/p/views/by_k/rows')
    assert code == 503 and b'PIPELINE_FAILED' in body and b'signal 9' in body
    assert daemon.status('q')['restarts'] == 0 and len(daemon.rows('q', 'by_k')[1]) == 7

    corrected = counts(files('in/*.csv', 'follow')).replace('sum(i)', 'max(i)')
    apply(daemon, 'p', corrected)
    status = daemon.status('p')
    assert status['state'] == 'RUNNING' and status['revision'] == first['revision'] + 1
    assert status['generation'] == first['generation'] + 4
    epoch, rows = daemon.rows('p', 'by_k')
    assert epoch > epochs[-1] and len(rows) == 7


def test_states_outlive_the_daemon(start_daemon):
    daemon = start_daemon(settings=['restarts.failures_max=1', 'restarts.backoff_min=20ms'])
    write_numbers(daemon.folder / 'in' / 'a.csv', 5000)
    for name, mode in (('completed', 'static'), ('stopped', 'follow'), ('running', 'follow')):
        apply(daemon, name, counts(files('in/*.csv', mode)))
    write_numbers(daemon.folder / 'many' / 'a.csv', 600_000)
    assert apply(daemon, 'failed', counts(files('many/*.csv'), 'shards: 2, memory: 32MiB'), check=False).returncode == 1
    daemon.cli('stop', 'stopped')
    states = {'completed': 'COMPLETED', 'stopped': 'STOPPED', 'running': 'RUNNING', 'failed': 'FAILED'}
    before = {name: daemon.wait_state(name, state) for name, state in states.items()}
    epochs = {name: daemon.rows(name, 'by_k')[0] for name in ('completed', 'running')}

    pids = [pid for name in ('completed', 'running') for pid in daemon.shard_pids(name)]
    assert all(lives(pid) for pid in pids)
    daemon.kill()
    deadline = time.monotonic() + 2
    while any(lives(pid) for pid in pids):
        assert time.monotonic() < deadline, 'shards outlive their server'
        time.sleep(0.01)
    daemon.start()
    for name, state in states.items():
        after = daemon.wait_state(name, state)
        assert after['desired_state'] == before[name]['desired_state']
        assert after['revision'] == before[name]['revision'], (before[name], after)
        grows = after['generation'] > before[name]['generation']
        assert grows == (name in ('completed', 'running')), (before[name], after)
    assert 'options.memory' in daemon.status('failed')['reason']
    for name, epoch in epochs.items():
        now, rows = daemon.rows(name, 'by_k')
        assert now >= epoch and sum(row['n'] for row in rows) == 5000
    daemon.cli('start', 'stopped')
    daemon.wait_state('stopped', 'RUNNING')
    assert sum(row['n'] for row in daemon.rows('stopped', 'by_k')[1]) == 5000


def test_a_second_daemon_is_refused(start_daemon):
    daemon = start_daemon()
    command = [str(BIN / 'freshetd'), '--data-dir', str(daemon.data_dir), '--http-address', '127.0.0.1:0',
               '--grpc-address', '127.0.0.1:0']
    second = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert second.returncode == 1
    assert 'DATA_DIRECTORY_LOCKED' in second.stderr and str(daemon.process.pid) in second.stderr, second.stderr
    assert daemon.request('GET', '/livez')[0] == 200
    daemon.kill()
    daemon.start()  # what a killed daemon leaves is no obstacle
    assert daemon.request('GET', '/livez')[0] == 200


def test_a_shard_that_stands_still_is_killed(start_daemon):
    """After shards.timeout, with all of its group; the next generation serves the same rows, at no earlier epoch."""
    daemon = start_daemon(settings=['shards.timeout=2s', 'restarts.backoff_min=20ms'])
    write_numbers(daemon.folder / 'in' / 'a.csv', 5000)
    apply(daemon, 'p', counts(files('in/*.csv', 'follow'), 'shards: 3'))
    epoch, rows = daemon.rows('p', 'by_i')
    before = daemon.shard_pids('p')
    os.kill(before[2], signal.SIGSTOP)
    deadline = time.monotonic() + 20
    while any(lives(pid) for pid in before):
        assert time.monotonic() < deadline, daemon.status('p')
        time.sleep(0.05)
    daemon.wait_state('p', 'RUNNING')
    assert 'made no progress for 2 s' in daemon.log.read_text()
    after, again = daemon.rows('p', 'by_i')
    assert after >= epoch and sorted(map(str, again)) == sorted(map(str, rows))
    assert not set(before) & set(daemon.shard_pids('p')) and daemon.status('p')['restarts'] == 1


def test_a_load_with_a_stopped_shard(start_daemon):
    """The others wait within their credits; reads answer HYDRATING at once; the load then ends right."""
    daemon = start_daemon()
    rows = 1_500_000
    for part in range(3):
        path = daemon.folder / 'in' / f'{part}.csv'
        path.parent.mkdir(exist_ok=True)
        path.write_text('i,k\n' + ''.join(f'{i},{i % 7}\n' for i in range(part, rows, 3)))
    (daemon.folder / 'p.yaml').write_text('name: p\n' + counts(files('in/*.csv'), 'shards: 3'))
    daemon.cli('apply', '-f', str(daemon.folder / 'p.yaml'))
    deadline = time.monotonic() + 20
    while len(daemon.status('p')['shards']) < 3 or daemon.status('p')['state'] != 'HYDRATING':
        assert time.monotonic() < deadline, daemon.status('p')
        time.sleep(0.002)
    stopped = daemon.shard_pids('p')[1]
    os.kill(stopped, signal.SIGSTOP)
    try:
        time.sleep(2)
        status = daemon.status('p')
        assert status['state'] == 'HYDRATING' and not status['load']['complete'], status
        start = time.monotonic()
        code, _, body = daemon.request('GET', '/v1/pipelines/p/views/by_k/rows')
        assert code == 503 and b'HYDRATING' in body and time.monotonic() - start < 1
        for pid in [daemon.process.pid, *daemon.shard_pids('p')]:
            assert memory_bytes(pid) < 256 * MIB
    finally:
        os.kill(stopped, signal.SIGCONT)
    daemon.wait_state('p', 'COMPLETED')
    assert sum(row['n'] for row in daemon.rows('p', 'by_k')[1]) == rows
