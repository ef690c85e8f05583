"""Runs a command as a whole process, pinned, and says what it took: seconds, CPU seconds, peak memory of its tree."""
import dataclasses
import os
import pathlib
import statistics
import subprocess
import threading
import time


@dataclasses.dataclass
class Taken:
    seconds: float
    cpu_seconds: float
    peak_bytes: int


def tree_bytes(root):
    """Resident bytes of a process and its descendants."""
    children = {}
    for stat in pathlib.Path('/proc').glob('[0-9]*/stat'):
        try:
            fields = stat.read_text().rsplit(')', 1)[1].split()
        except OSError:
            continue  # it has ended
        children.setdefault(int(fields[1]), []).append((int(stat.parent.name), int(fields[21])))
    total, waiting = 0, [root]
    while waiting:
        for pid, pages in children.get(waiting.pop(), []):
            total += pages * os.sysconf('SC_PAGE_SIZE')
            waiting.append(pid)
    return total


class PeakMemory:
    """Looks every 20 ms at what the children of this process take."""

    def __init__(self):
        self.bytes = 0
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.ending.wait(0.02):
            self.bytes = max(self.bytes, tree_bytes(os.getpid()))

    def stop(self):
        self.ending.set()
        self.thread.join()
        return self.bytes


def pinned(command, cores):
    return ['taskset', '-c', cores, *map(str, command)]


def timed(command, cores, cwd, with_memory=False):
    """A look at memory costs CPU of its own, so it is taken only where it is asked for."""
    memory = PeakMemory() if with_memory else None
    begin, before = time.monotonic(), os.times()
    done = subprocess.run(pinned(command, cores), cwd=cwd, capture_output=True, text=True, check=False)
    seconds, after = time.monotonic() - begin, os.times()
    peak = memory.stop() if memory else 0
    if done.returncode != 0:
        raise SystemExit(f'{command}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}')
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Taken(seconds, cpu, peak), done.stdout


@dataclasses.dataclass
class Summary:
    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values):
        return cls(statistics.median(values), min(values), max(values))

    def __str__(self):
        return f'{self.median:.2f} [{self.least:.2f}-{self.most:.2f}]'


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
