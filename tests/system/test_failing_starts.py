"""Pipelines that cannot start say why at once: files that are not there, that may not be read, options that are wrong. What
has failed stays so over a restart of the daemon, until a user starts it again. Others go on."""
import os
import subprocess
import time

import pytest
from freshet_daemon import BIN, Daemon


def definition(name, path, mode='static', options=''):
    return f'''
name: {name}
{options}
tables:
  t:
    columns: [{{name: k, type: bigint}}]
    sources: [{{connector: files, path: "{path}", format: csv, mode: {mode}}}]
views:
  all: {{materialized: true, project: {{input: t, columns: {{k: k}}}}}}
'''


def keys(rows):
    return sorted(int(row['k']) for row in rows)


def test_a_missing_static_file_fails_at_once(start_daemon):
    daemon = start_daemon()
    (daemon.folder / 'good.csv').write_text('k\n1\n')
    daemon.cli('apply', '-f', '-', '--wait', input=definition('good', 'good.csv'))
    begun = time.monotonic()
    done = daemon.cli('apply', '-f', '-', '--wait', input=definition('p', 'no/such.csv'), check=False)
    assert time.monotonic() - begun < 10
    assert done.returncode == 1
    assert 'no/such.csv' in done.stderr and 'start the pipeline again' in done.stderr
    status = daemon.status('p')
    assert status['state'] == 'FAILED' and int(status['restarts']) == 1 and 'no/such.csv' in status['reason']

    # It stays so, though the file is there, until a user starts it.
    (daemon.folder / 'no').mkdir()
    (daemon.folder / 'no/such.csv').write_text('k\n7\n')
    for end in (daemon.kill, daemon.stop):
        end()
        daemon.start()
        daemon.wait_state('good', 'COMPLETED')
        status = daemon.status('p')
        assert status['state'] == 'FAILED' and 'no/such.csv' in status['reason'], status
    daemon.cli('start', 'p', '--wait')
    assert keys(daemon.rows('p', 'all')[1]) == [7]
    assert keys(daemon.rows('good', 'all')[1]) == [1]
    daemon.kill()
    daemon.start()
    daemon.wait_state('p', 'COMPLETED')


def test_an_update_of_a_failed_pipeline_starts_it(start_daemon):
    daemon = start_daemon()
    assert daemon.cli('apply', '-f', '-', '--wait', input=definition('p', 'a.csv'), check=False).returncode == 1
    (daemon.folder / 'b.csv').write_text('k\n2\n')
    daemon.cli('apply', '-f', '-', '--wait', input=definition('p', 'b.csv'))
    assert keys(daemon.rows('p', 'all')[1]) == [2]


def test_apply_waits_for_the_end_of_a_static_pipeline(daemon):
    (daemon.folder / 'a.csv').write_text('k\n' + ''.join(f'{i}\n' for i in range(1000)))
    for i in range(10):
        done = daemon.cli('apply', '-f', '-', '--wait', input=definition(f'p{i}', 'a.csv'))
        assert 'COMPLETED' in done.stdout, done.stdout
    done = daemon.cli('apply', '-f', '-', '--wait', input=definition('follows', 'a.csv', mode='follow'))
    assert 'RUNNING' in done.stdout


def test_no_shards_are_refused(daemon):
    done = daemon.cli('apply', '-f', '-', input=definition('p', 'a.csv', options='options: {shards: 0}'), check=False)
    assert done.returncode == 4
    assert 'at least one shard' in done.stderr and 'shards: 1' in done.stderr


@pytest.fixture
def other_user(tmp_path):
    """A daemon that may not read everything: root may, so it runs as somebody else then."""
    folder = tmp_path / 'freshetd'
    folder.mkdir()
    command = []
    if os.geteuid() == 0:
        subprocess.run(['chmod', '-R', 'a+rX', str(tmp_path)], check=True)
        for parent in tmp_path.parents:
            if parent.stat().st_mode & 0o001 == 0:
                parent.chmod(parent.stat().st_mode | 0o011)
        command = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--']
        os.chown(folder, 65534, 65534)
        if subprocess.run([*command, str(BIN / 'freshetd'), '--version'], capture_output=True, check=False).returncode != 0:
            pytest.skip('another user may not run freshetd here')
    daemon = Daemon(folder, command=command)
    yield daemon
    daemon.stop()
    for path in folder.rglob('*'):
        path.chmod(0o755)


def test_what_may_not_be_read_is_told_and_others_go_on(other_user):
    daemon = other_user
    (daemon.folder / 'good.csv').write_text('k\n1\n')
    (daemon.folder / 'closed.csv').write_text('k\n5\n')
    (daemon.folder / 'closed.csv').chmod(0)
    (daemon.folder / 'd').mkdir()
    (daemon.folder / 'd/a.csv').write_text('k\n6\n')
    (daemon.folder / 'd').chmod(0)
    daemon.cli('apply', '-f', '-', '--wait', input=definition('good', '*.csv', mode='follow')
               .replace('*.csv', 'good.csv'))
    for name, path in (('closed', 'closed.csv'), ('folder', 'd'), ('pattern', 'd/*.csv'), ('inside', 'd/a.csv')):
        done = daemon.cli('apply', '-f', '-', '--wait', input=definition(name, path), check=False, timeout=30)
        assert done.returncode == 1 and 'Permission denied' in done.stderr and path.split('/')[0] in done.stderr, (name, done)
        assert daemon.status(name)['state'] == 'FAILED'
    # Mode follow reads the others, says what it cannot read, and reads that once it may.
    (daemon.folder / 'e').mkdir(mode=0o755)
    (daemon.folder / 'e/a.csv').write_text('k\n1\n')
    (daemon.folder / 'e/b.csv').write_text('k\n2\n')
    os.chmod(daemon.folder / 'e', 0o755)
    (daemon.folder / 'e/a.csv').chmod(0)
    daemon.cli('apply', '-f', '-', input=definition('follows', 'e/*.csv', mode='follow'))
    deadline = time.monotonic() + 20
    while 'e/a.csv' not in daemon.status('follows')['sources'][0].get('message', ''):
        assert time.monotonic() < deadline, daemon.status('follows')
        time.sleep(0.1)
    (daemon.folder / 'e/a.csv').chmod(0o644)
    daemon.wait_rows('follows', 'all', lambda rows: keys(rows) == [1, 2])
    (daemon.folder / 'good.csv').open('a').write('2\n')
    daemon.wait_rows('good', 'all', lambda rows: keys(rows) == [1, 2])
