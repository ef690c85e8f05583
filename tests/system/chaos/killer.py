"""Kills processes with -9, one or several in a row, and brings back what does not come back by itself."""
import os
import random
import signal
import threading
import time
import traceback

# What one strike kills, and how often it is chosen.
STRIKES = {('shard',): 15, ('daemon',): 6, ('shard', 'shard'): 4, ('shard', 'daemon'): 3, ('daemon', 'shard'): 3,
           ('daemon', 'daemon'): 3, ('every shard',): 3, ('broker',): 1, ('broker', 'shard'): 1, ('broker', 'daemon'): 1}
# With these it begins, so that also a short campaign has all of them.
FIRST = [('shard',), ('daemon',), ('broker', 'shard'), ('shard', 'daemon'), ('every shard',), ('shard', 'shard'),
         ('broker', 'daemon')]


def children(pid):
    found = []
    for task in os.listdir(f'/proc/{pid}/task'):
        try:
            with open(f'/proc/{pid}/task/{task}/children', encoding='ascii') as text:
                found += [int(child) for child in text.read().split()]
        except FileNotFoundError:  # the thread is gone
            pass
    return found


class Killer:
    def __init__(self, daemon, broker, seed, tell):
        self.daemon, self.broker, self.tell = daemon, broker, tell
        self.random = random.Random(f'{seed} killer')
        self.started = time.monotonic()
        self.strikes, self.kills = 0, []  # of kills (seconds, what)
        self._killed = set()
        self._bringer, self._bringer_failure = None, None

    def strike(self, kills_left):
        """Kills what the dice say, all within a moment, so many at most."""
        victims = FIRST[self.strikes] if self.strikes < len(FIRST) else self.random.choices(*zip(*STRIKES.items()))[0]
        self.strikes += 1
        for number, victim in enumerate(victims[:kills_left]):
            if number > 0:
                time.sleep(self.random.choice([0, self.random.uniform(0, 0.4)]))
            {'shard': self._kill_shard, 'every shard': self._kill_shards, 'daemon': self._kill_daemon,
             'broker': self._kill_broker}[victim]()

    def _note(self, what):
        self.kills.append((round(time.monotonic() - self.started, 2), what))
        self.tell(f'{len(self.kills):4} {self._line(*self.kills[-1])}')

    def _shards(self, wait_seconds=60):
        """Those that are there, also if they just begin to be."""
        deadline = time.monotonic() + wait_seconds
        while not (pids := set(children(self.daemon.process.pid)) - self._killed) and time.monotonic() < deadline:
            time.sleep(0.005)
        assert pids, f'freshetd has started no shard for {wait_seconds} s'
        return sorted(pids)

    def _kill_pids(self, pids):
        self._killed.update(pids)
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:  # it ended by itself, with its group
                pass

    def _kill_shard(self):
        pid = self.random.choice(self._shards())
        self._kill_pids([pid])
        self._note(f'shard process {pid}')

    def _kill_shards(self):
        pids = self._shards()
        self._kill_pids(pids)
        self._note(f'all {len(pids)} shard processes')

    def _kill_daemon(self):
        self.daemon.kill()
        self._note('daemon')
        time.sleep(self.random.choice([0, self.random.uniform(0, 0.3)]))
        self.daemon.start()

    def _kill_broker(self):
        """It comes back beside the kills that follow."""
        self.wait_for_broker()
        self.broker.kill()
        self._note('broker')
        pause = self.random.uniform(0, 1)

        def bring():
            try:
                time.sleep(pause)
                self.broker.start()
            except Exception:
                self._bringer_failure = traceback.format_exc()

        self._bringer = threading.Thread(target=bring, daemon=True)
        self._bringer.start()

    def end(self):
        """Nothing is brought back any more."""
        if self._bringer is not None:
            self._bringer.join()

    def wait_for_broker(self):
        self.end()
        self.check()

    def check(self):
        assert self._bringer_failure is None, f'the broker does not come back: {self._bringer_failure}'

    def listing(self):
        return '\n'.join(self._line(*kill) for kill in self.kills)

    def _line(self, at, what):
        return f'{at:8.2f} s  {what}'
