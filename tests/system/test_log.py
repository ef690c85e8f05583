"""The pipeline's log: what was seen comes again, whatever dies at whichever step, and damage is told."""
import os
import re
import resource
import shutil
import signal
import time

import pytest
from freshet_daemon import ROOT
from test_overload import apply, counts, files

FOLLOW = files('in/*.csv', 'follow', poll_interval_ms=20)
FAILPOINTS = re.findall(r'"(log_\w+)"', (ROOT / 'server' / 'storage' / 'failpoint_list.h').read_text())


class Feed:
    """Appends rows to a file that a pipeline follows; knows what a batch run over all of them gives."""

    def __init__(self, folder):
        self.path = folder / 'in' / 'a.csv'
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text('i,k\n')
        self.rows = 0

    def append(self, count):
        with open(self.path, 'a', encoding='utf-8') as out:
            out.write(''.join(f'{i},{i % 7}\n' for i in range(self.rows, self.rows + count)))
        self.rows += count

    def expected(self):
        groups = {}
        for i in range(self.rows):
            n, s = groups.get(i % 7, (0, 0))
            groups[i % 7] = (n + 1, s + i)
        return [{'k': k, 'n': n, 's': str(s)} for k, (n, s) in sorted(groups.items())]


def wait_until(holds, what, timeout=10):
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def by_key(rows):
    return sorted(({**row, 's': str(row['s'])} for row in rows), key=lambda row: row['k'])


class Seen:
    """Every epoch that was read: one that is read again has the same rows, and none goes back."""

    def __init__(self, daemon):
        self.daemon, self.rows, self.last = daemon, {}, 0

    def look(self, predicate=lambda rows: True):
        epoch, rows = self.daemon.wait_rows('p', 'by_k', predicate)
        assert epoch >= self.last, f'epoch {epoch} after {self.last}'
        self.last = epoch
        assert self.rows.setdefault(epoch, by_key(rows)) == by_key(rows), f'epoch {epoch} is another one than before'
        return by_key(rows)

    def look_for(self, feed):
        return self.look(lambda rows: by_key(rows) == feed.expected())


@pytest.mark.parametrize('shards', [1, 3])
def test_an_epoch_that_was_seen_comes_again(start_daemon, shards):
    daemon = start_daemon(settings=['restarts.backoff_min=20ms'])
    feed = Feed(daemon.folder)
    feed.append(1000)
    apply(daemon, 'p', counts(FOLLOW, f'shards: {shards}'))
    seen = Seen(daemon)
    for _ in range(5):
        feed.append(500)
        seen.look_for(feed)
    again = 0
    for turn in range(6):
        before = len(seen.rows)
        if turn % 2 == 0:
            os.kill(daemon.shard_pids('p')[turn % shards], signal.SIGKILL)
        else:
            daemon.kill()
            daemon.start()
        seen.look()
        again += len(seen.rows) == before
        feed.append(500)
        seen.look_for(feed)
    # What was seen last is what a restart shows first: nothing was journaled behind it.
    assert again == 6, (again, seen.rows.keys())
    status = daemon.status('p')
    assert status['state'] == 'RUNNING' and all(not source['message'] for source in status['sources']), status
    metrics = daemon.request('GET', '/metrics')[2].decode()
    replayed = re.search(r'freshet_epochs_replayed_total\{[^}]*pipeline="p"[^}]*\} (\d+)', metrics)
    assert replayed and int(replayed[1]) >= 10, metrics
    assert re.search(r'freshet_log_segments\{[^}]*\} [1-9]', metrics)


@pytest.mark.parametrize('failpoint', FAILPOINTS)
def test_a_crash_at_each_failpoint(start_daemon, monkeypatch, tmp_path, failpoint):
    done = tmp_path / 'done'
    done.mkdir()
    at = {'log_segment_made': 'crash@2', 'log_tail_cut': 'crash'}.get(failpoint, 'crash@5')
    # A tail is cut only where a write was torn.
    also = 'log_torn_write=crash@4,' if failpoint == 'log_tail_cut' else ''
    monkeypatch.setenv('FRESHET_FAILPOINTS', f'{also}{failpoint}={at}')
    monkeypatch.setenv('FRESHET_FAILPOINTS_DONE', str(done))
    daemon = start_daemon(settings=['restarts.backoff_min=20ms', 'log.segment_bytes=4KiB'])
    feed = Feed(daemon.folder)
    feed.append(100)
    apply(daemon, 'p', counts(FOLLOW, 'shards: 2'))
    seen = Seen(daemon)
    for _ in range(40):
        feed.append(50)
        seen.look_for(feed)
        if (done / failpoint).exists() and len(seen.rows) > 10:
            break
    assert (done / failpoint).exists(), f'{failpoint} was never reached'
    assert daemon.status('p')['restarts'] >= 1
    feed.append(50)
    assert seen.look_for(feed) == feed.expected()


def test_an_unknown_failpoint_is_refused(start_daemon, monkeypatch):
    monkeypatch.setenv('FRESHET_FAILPOINTS', 'log_before_lunch=crash')
    with pytest.raises(AssertionError, match="there is no failpoint 'log_before_lunch'"):
        start_daemon()


def metric(daemon, name):
    found = re.search(name + r'\{[^}]*pipeline="p"[^}]*\} (\S+)', daemon.request('GET', '/metrics')[2].decode())
    return found and float(found[1])


def test_a_log_that_cannot_be_written_goes_on_once_it_can(start_daemon):
    """No room for the log (here: a limit on the size of files): nothing is shown that is not durable."""
    daemon = start_daemon()
    feed = Feed(daemon.folder)
    feed.append(100)
    apply(daemon, 'p', counts(FOLLOW, 'shards: 2'))
    seen = Seen(daemon)
    shown = seen.look_for(feed)
    pid = daemon.shard_pids('p')[0]
    hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
    (segment,) = (daemon.data_dir / 'pipelines').glob('*/log/*.log')
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (segment.stat().st_size + 50, hard))
    feed.append(100)
    wait_until(lambda: 'the log cannot be written' in daemon.status('p')['reason'], daemon.status('p'))
    assert str(segment) in daemon.status('p')['reason']
    wait_until(lambda: metric(daemon, 'freshet_log_writable') == 0, 'the metric says nothing')
    assert seen.look() == shown and daemon.status('p')['state'] == 'RUNNING'
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
    assert seen.look_for(feed) == feed.expected()
    wait_until(lambda: daemon.status('p')['reason'] == '', daemon.status('p'))
    assert daemon.status('p')['restarts'] == 0 and metric(daemon, 'freshet_log_failures_total') >= 1
    daemon.kill()
    daemon.start()
    assert seen.look_for(feed) == feed.expected()


def test_other_options_go_on_with_the_journal_and_other_views_start_anew(start_daemon):
    daemon = start_daemon()
    feed = Feed(daemon.folder)
    feed.append(1000)
    apply(daemon, 'p', counts(FOLLOW, 'shards: 1'))
    seen = Seen(daemon)
    for _ in range(3):
        feed.append(100)
        seen.look_for(feed)
    for shards in (3, 2):
        count = len(seen.rows)
        apply(daemon, 'p', counts(FOLLOW, f'shards: {shards}'))
        assert seen.look() == feed.expected()
        assert len(seen.rows) == count, 'the epoch is another one'
        assert metric(daemon, 'freshet_history') == 1
    apply(daemon, 'p', counts(FOLLOW, 'shards: 2').replace('sum(i)', 'max(i)'))
    epoch, rows = daemon.rows('p', 'by_k')
    assert epoch > seen.last and all(row['s'] == feed.rows - 1 - (feed.rows - 1 - row['k']) % 7 for row in rows)
    wait_until(lambda: metric(daemon, 'freshet_history') == 2, 'the history number stays')
    assert metric(daemon, 'freshet_epochs_replayed_total') == 0


def test_input_that_is_not_what_it_was_is_told_and_the_pipeline_goes_on(start_daemon):
    daemon = start_daemon()
    feed = Feed(daemon.folder)
    feed.append(30_000)
    apply(daemon, 'p', counts(FOLLOW, 'shards: 2'))
    seen = Seen(daemon)
    feed.append(10)
    seen.look_for(feed)
    daemon.stop()
    # Behind the back of inode, size, time and of the hash of the end.
    before = feed.path.stat()
    with open(feed.path, 'r+', encoding='utf-8') as file:
        assert file.read(8) == 'i,k\n0,0\n'
        file.seek(4)
        file.write('7')
    os.utime(feed.path, ns=(before.st_atime_ns, before.st_mtime_ns))
    daemon.start()
    status = daemon.wait_state('p', 'RUNNING')
    wait_until(lambda: 'SOURCE_CHANGED' in daemon.status('p')['sources'][0]['message'], status)
    assert 'in/a.csv' in daemon.status('p')['sources'][0]['message']
    assert metric(daemon, 'freshet_source_changed_total') == 1 and metric(daemon, 'freshet_history') == 2
    rows = {row['k']: int(row['s']) for row in daemon.rows('p', 'by_k')[1]}
    assert rows == {row['k']: int(row['s']) + (7 if row['k'] == 0 else 0) for row in feed.expected()}


def test_damage_to_a_log_is_told_and_nothing_is_lost(start_daemon):
    daemon = start_daemon(settings=['log.segment_bytes=4KiB'])
    feed = Feed(daemon.folder)
    apply(daemon, 'p', counts(FOLLOW, 'shards: 1'))
    seen = Seen(daemon)
    for _ in range(100):
        feed.append(10)
        seen.look_for(feed)
    daemon.stop()
    (log,) = (daemon.data_dir / 'pipelines').glob('*/log')
    whole = log.with_name('whole')
    shutil.copytree(log, whole)
    segments = sorted(path.name for path in log.glob('*.log'))
    assert len(segments) > 2
    for segment, at in ((segments[0], 1000), (segments[1], 20), (segments[1], 2000), (segments[-1], 64), (segments[-1], None)):
        shutil.rmtree(log)
        shutil.copytree(whole, log)
        content = bytearray((log / segment).read_bytes())
        if at is None:
            del content[-1:]  # the end of what was acknowledged
        else:
            content[at] ^= 0x10
        (log / segment).write_bytes(content)
        daemon.start()
        daemon.cli('start', 'p')
        status = daemon.wait_state('p', 'FAILED')
        assert str(log) in status['reason'], status
        assert at is None or segment in status['reason'], status
        assert daemon.request('GET', '/v1/pipelines/p/views/by_k/rows')[0] == 503
        daemon.stop()
    shutil.rmtree(log)
    shutil.copytree(whole, log)
    daemon.start()
    daemon.cli('start', 'p')
    seen.look_for(feed)
    daemon.cli('delete', 'p')
    wait_until(lambda: not list((daemon.data_dir / 'pipelines').iterdir()), 'the log of a deleted pipeline stays')
