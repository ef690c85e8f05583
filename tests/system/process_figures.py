"""What the kernel says of a process: memory, processor time, whether it lives."""
import os

MIB = 1 << 20


def memory_bytes(pid, field='VmHWM'):
    """The highest resident size so far (VmHWM) or that of now (VmRSS)."""
    with open(f'/proc/{pid}/status', encoding='ascii') as status:
        for line in status:
            if line.startswith(field + ':'):
                return int(line.split()[1]) * 1024
    raise AssertionError(f'process {pid} has no {field}')


def cpu_seconds(pid):
    """Time on a processor of all threads, to the nanosecond."""
    total = 0
    for thread in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{thread}/schedstat', encoding='ascii') as figures:
            total += int(figures.read().split()[0])
    return total / 1e9


def lives(pid):
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8') as stat:
            return stat.read().rsplit(') ', 1)[1][0] not in 'ZX'
    except FileNotFoundError:
        return False
