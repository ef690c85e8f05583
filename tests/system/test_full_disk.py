"""The data directory's disk is full: changes are refused with DISK_FULL, running pipelines go on, and nothing is damaged
once there is room again, also after a kill in the middle of writes."""
import json
import os
import subprocess
import threading
import time

import pytest


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / 'disk' / 'data'  # of the daemon `disk`, whose log lies beside it
    folder.mkdir(parents=True)
    mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=2m', 'freshet-test', str(folder)],
                             capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f'mount is not permitted: {mounted.stderr.strip()}')
    yield folder
    subprocess.run(['umount', '-l', str(folder)], check=True)


@pytest.fixture
def disk_daemon(small_disk, start_daemon, tmp_path):
    daemon = start_daemon('disk', files_root=tmp_path / 'in')
    assert daemon.data_dir == small_disk
    return daemon


def definition(name, note=''):
    return f'''
name: {name}
tables:
  t:
    columns: [{{name: k, type: bigint}}]
    sources: [{{connector: files, path: "{name}.csv", format: csv, mode: follow, poll_interval_ms: 50}}]
views:
  all: {{materialized: true, project: {{input: t, columns: {{k: k, note: "'{note}'"}}}}}}
'''


def write(tmp_path, name, *numbers, mode='w'):
    folder = tmp_path / 'in'
    folder.mkdir(exist_ok=True)
    with open(folder / f'{name}.csv', mode) as file:
        file.write(('k\n' if mode == 'w' else '') + ''.join(f'{number}\n' for number in numbers))


def fill(folder):
    """Takes every byte that is left; returns the file that has them."""
    filler = folder / 'filler'
    with open(filler, 'wb', buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(b'x' * size)
            except OSError:
                pass
    return filler


def keys(rows):
    return sorted(int(row['k']) for row in rows)


def test_a_full_disk_refuses_changes_and_lets_the_rest_go_on(small_disk, disk_daemon, tmp_path):
    daemon = disk_daemon
    write(tmp_path, 'runs', 1)
    write(tmp_path, 'later', 5)
    daemon.cli('apply', '-f', '-', '--wait', input=definition('runs'))
    filler = fill(small_disk)

    refused = daemon.cli('apply', '-f', '-', '--wait', input=definition('later'), check=False)
    assert refused.returncode == 1 and 'No space left' in refused.stderr, refused.stderr
    status, _, body = daemon.request('PUT', '/v1/pipelines/later', definition('later').encode(),
                                     content_type='application/yaml')
    assert status == 507 and json.loads(body)['code'] == 'DISK_FULL', (status, body)
    changed = daemon.cli('apply', '-f', '-', input=definition('runs', note='another'), check=False)
    assert changed.returncode == 1 and 'No space left' in changed.stderr, changed.stderr
    assert daemon.cli('get', 'later', check=False).returncode == 3  # nothing half made

    # What runs answers; what comes is shown as far as the journal has room.
    write(tmp_path, 'runs', 2, 3, mode='a')
    time.sleep(1)
    assert keys(daemon.rows('runs', 'all')[1]) in ([1], [1, 2, 3])
    assert daemon.status('runs')['state'] == 'RUNNING'

    # A shard that dies now is started again once there is room, however long that takes.
    os.kill(daemon.shard_pids('runs')[0], 9)
    time.sleep(3)
    assert daemon.status('runs')['state'] == 'RECOVERING'
    filler.unlink()
    _, rows = daemon.wait_rows('runs', 'all', lambda rows: len(rows) == 3, timeout=60)
    assert keys(rows) == [1, 2, 3]
    daemon.cli('apply', '-f', '-', '--wait', input=definition('later'))
    assert keys(daemon.rows('later', 'all')[1]) == [5]

    # Everything is there after a restart.
    daemon.kill()
    daemon.start()
    for name, expected in (('runs', [1, 2, 3]), ('later', [5])):
        assert keys(daemon.wait_rows(name, 'all', lambda rows: True)[1]) == expected


def test_kills_in_the_middle_of_writes_on_a_full_disk_damage_nothing(small_disk, disk_daemon, tmp_path):
    daemon = disk_daemon
    write(tmp_path, 'runs', 1)
    daemon.cli('apply', '-f', '-', '--wait', input=definition('runs'))
    for attempt in range(4):
        filler = fill(small_disk)
        # Some bytes are free, so that writes begin and do not end.
        with open(filler, 'r+b') as file:
            file.truncate(filler.stat().st_size - (attempt * 4096))
        stop = threading.Event()

        def change():
            note = 0
            while not stop.is_set():
                note += 1
                try:
                    daemon.request('PUT', '/v1/pipelines/runs', json.dumps(
                        {'definition': {'files': [{'name': 'runs.yaml', 'text': definition('runs', f'{note}')}]}}).encode())
                except OSError:
                    return  # it was killed

        writer = threading.Thread(target=change)
        writer.start()
        time.sleep(0.3 + attempt * 0.1)
        daemon.kill()
        stop.set()
        writer.join()
        filler.unlink()
        daemon.start()
        _, rows = daemon.wait_rows('runs', 'all', lambda rows: True)
        assert keys(rows) == [1]
    daemon.cli('apply', '-f', '-', '--wait', input=definition('runs', note='last'))
    daemon.wait_rows('runs', 'all', lambda rows: [row['note'] for row in rows] == ['last'])


def test_a_daemon_does_not_start_on_a_full_disk_and_says_why(small_disk, start_daemon, tmp_path):
    fill(small_disk)
    with pytest.raises((AssertionError, OSError)) as failure:
        start_daemon('disk', files_root=tmp_path)
    assert 'No space left' in str(failure.value)
