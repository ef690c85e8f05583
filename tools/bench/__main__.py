"""tools/bench: how fast a build is, end to end as a user has it, beside others in the same run. README.md has the use."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import batches
import measure
import micro
import tpch
from batches import BATCHES
from peers import VERSIONS, Peer
from services import SERVICES, SYSTEM

ROOT = pathlib.Path(__file__).parents[2]


TWO_SHARDS = ['--shards', '2', '--set', 'shards.pin=on']  # each on a core of its own


class Report:
    """A table on standard output as it goes, and all of it as JSON."""

    def __init__(self):
        self.lines = []

    def add(self, workload, what, value, unit, floor=None, goal=None, note=''):
        """Floor and goal: at most; negative ones: at least."""
        self.lines.append({'workload': workload, 'what': what, 'value': value, 'unit': unit, 'floor': floor, 'goal': goal, 'note': note})

        def holds(bound):
            return value <= bound if bound >= 0 else value >= -bound
        verdict = ''
        if floor is not None or goal is not None:
            verdict = 'goal' if goal is not None and holds(goal) else 'floor' if floor is None or holds(floor) else 'MISSED'
        bounds = ' / '.join('-' if bound is None else f'{abs(bound):,g}' for bound in (floor, goal))
        text = f'{value:,.2f}' if abs(value) < 1000 else f'{value:,.0f}'
        print(f'{workload:<11} {what:<62} {text:>14} {unit:<12} {bounds:<18} {verdict:<7} {note}', flush=True)


def run_batch(report, batch, folder, binaries, peers, arguments):
    """Ours and the peers alternate, so that a noisy neighbour is everybody's."""
    definition = folder / f'{batch.name}.yaml'
    definition.write_text(batch.text(batch.definition, folder))
    freshet = [binaries / 'freshet', 'run', definition, '-o', 'csv']
    commands = {'freshet run': (freshet, '0')}
    commands.update({peer.name: (peer.command(batch), '0') for peer in peers})
    if arguments.shards:
        commands['two shards'] = (freshet + TWO_SHARDS, '0,1')
    taken = {name: [] for name in commands}
    for turn in range(arguments.repeat + 1):  # the first one warms the page cache
        for name, (command, cores) in commands.items():
            one, _ = measure.timed(command, cores, folder)
            if turn > 0:
                taken[name].append(one)
    memory, _ = measure.timed(freshet, '0', folder, with_memory=True)
    seconds = {name: measure.Summary.of([one.seconds for one in list_]) for name, list_ in taken.items()}
    for name, summary in seconds.items():
        cpu = measure.Summary.of([one.cpu_seconds for one in taken[name]]).median
        report.add(batch.name, f'{name}: rows/s, whole process', batch.rows / summary.median, 'rows/s',
                   note=f'{summary} s; {cpu / batch.rows * 1e6:.2f} core-s per million rows')
    report.add(batch.name, 'peak memory of freshet run', memory.peak_bytes / 1e6, 'MB')
    for peer in peers:
        bounds = (-batch.floor, -batch.goal) if peer.name == 'duckdb' else (None, None)
        report.add(batch.name, f'times as fast as {peer.name}', seconds[peer.name].median / seconds['freshet run'].median, 'x', *bounds)


def run_exchange(report, folder, binaries, arguments):
    """One shard on one core beside two on two, over four times the rows: of a run of half a second the start of three processes would be
    what is measured."""
    for name in ('words', 'keys', 'join'):
        batches.ROWS = 4 * arguments.rows
        batch = BATCHES[name](folder)
        batches.ROWS = arguments.rows
        definition = folder / f'{batch.name}-large.yaml'
        definition.write_text(batch.text(batch.definition, folder))
        taken = {1: [], 2: []}
        for turn in range(arguments.repeat + 1):
            for shards, list_ in taken.items():
                command = [binaries / 'freshet', 'run', definition, '-o', 'csv', *(TWO_SHARDS if shards == 2 else [])]
                one, _ = measure.timed(command, '0,1'[:2 * shards - 1], folder)
                if turn > 0:
                    list_.append(one)
        one, two = (measure.Summary.of([each.seconds for each in list_]) for list_ in taken.values())
        cpu_one, cpu_two = (measure.Summary.of([each.cpu_seconds for each in list_]).median for list_ in taken.values())
        report.add('exchange', f'{name}: two shards on two cores against one on one', one.median / two.median, 'x', -1.6, -1.85,
                   note=f'{one} s, {two} s; CPU {cpu_one:.2f} s, {cpu_two:.2f} s')


def run_in_daemon(report, batch, folder, binaries, arguments):
    """From apply to the complete answer, in a daemon that runs."""
    os.environ['FRESHET_BIN'] = str(binaries)
    sys.path.insert(0, str(SYSTEM))
    from freshet_daemon import Daemon  # noqa: PLC0415 - reads FRESHET_BIN
    definition = folder / f'{batch.name}.yaml'
    run, daemon_seconds = [], []
    with tempfile.TemporaryDirectory() as place:
        daemon = Daemon(place, files_root=folder, command=['taskset', '-c', '0'])
        try:
            for _ in range(arguments.repeat):
                one, _ = measure.timed([binaries / 'freshet', 'run', definition, '-o', 'csv'], '0', folder)
                run.append(one.seconds)
                one, _ = measure.timed([binaries / 'freshet', '--address', daemon.endpoints['grpc'], 'apply', '--name', 'b', '-f', definition,
                                        '--wait'], '0', folder)
                daemon_seconds.append(one.seconds)
                daemon.cli('delete', 'b')
        finally:
            daemon.stop()
    ratio = measure.Summary.of(daemon_seconds).median / measure.Summary.of(run).median
    report.add(batch.name, 'a running daemon, from apply to complete, against freshet run', ratio, 'x', 1.5,
               note=f'{measure.Summary.of(daemon_seconds)} s')


def run_service(report, name, folder, binaries, arguments):
    os.environ['FRESHET_BIN'] = str(binaries)
    sys.path.insert(0, str(SYSTEM))
    from freshet_daemon import Daemon  # noqa: PLC0415 - reads FRESHET_BIN
    daemons = []
    with tempfile.TemporaryDirectory() as place:
        def start_daemon(**options):
            daemons.append(Daemon(pathlib.Path(place) / f'd{len(daemons)}', **options))
            return daemons[-1]
        try:
            for what, value, unit, floor, goal in SERVICES[name](start_daemon, arguments.seconds, folder):
                report.add(name, what, value, unit, floor, goal)
        finally:
            for daemon in daemons:
                daemon.stop()


def run(arguments):
    folder, binaries = pathlib.Path(arguments.folder).resolve(), pathlib.Path(arguments.bin).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    batches.ROWS = arguments.rows
    peers = [Peer(name, folder) for name in arguments.peers.split(',') if name]
    for peer in peers:
        peer.install()
    known = [*BATCHES, 'exchange', *micro.MICRO, *SERVICES, 'tpch']
    names = known if arguments.workloads == ['all'] else arguments.workloads
    report = Report()
    for name in names:
        if name in BATCHES:
            batch = BATCHES[name](folder)
            run_batch(report, batch, folder, binaries, peers, arguments)
            if not arguments.quick:
                run_in_daemon(report, batch, folder, binaries, arguments)
        elif name == 'exchange':
            run_exchange(report, folder, binaries, arguments)
        elif name == 'tpch':
            for what, value, unit, floor, goal, note in tpch.figures(binaries, folder, arguments.scale, arguments.each):
                report.add(name, what, value, unit, floor, goal, note)
        elif name in micro.MICRO:
            for line in micro.figures(name, binaries.parent / 'tests'):
                report.add(name, *line)
        else:
            run_service(report, name, folder, binaries, arguments)
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(report.lines, indent=1) + '\n')


def compare(arguments):
    folder = pathlib.Path(arguments.folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for name in arguments.workloads or list(BATCHES):
        batch = BATCHES[name](folder)
        definition = folder / f'{batch.name}.yaml'
        definition.write_text(batch.text(batch.definition, folder))
        taken = ([], [])
        for turn in range(arguments.repeat + 1):
            for build, seconds in zip((arguments.a, arguments.b), taken):
                one, _ = measure.timed([pathlib.Path(build).resolve() / 'freshet', 'run', definition, '-o', 'csv'], '0', folder)
                if turn > 0:
                    seconds.append(one.seconds)
        a, b = (measure.Summary.of(seconds) for seconds in taken)
        print(f'{name:<11} A {a} s   B {b} s   B is {a.median / b.median:.2f} times as fast as A', flush=True)


def main():
    parser = argparse.ArgumentParser(prog='tools/bench', description=__doc__)
    commands = parser.add_subparsers(required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument('--folder', default=ROOT / 'build' / 'bench', help='where inputs and peers are kept')
    common.add_argument('--repeat', type=int, default=5, help='runs of each, after one that warms up')
    one = commands.add_parser('run', parents=[common], help='measures workloads of one build')
    one.add_argument('workloads', nargs='+', choices=['all', *BATCHES, 'exchange', *micro.MICRO, *SERVICES, 'tpch'], metavar='workload')
    one.add_argument('--peers', default='', help='with commas: ' + ', '.join(VERSIONS))
    one.add_argument('--bin', default=ROOT / 'build' / 'release' / 'bin', help='where freshet and freshetd are')
    one.add_argument('--rows', type=int, default=batches.ROWS, help='of the largest input of words, keys and joins')
    one.add_argument('--shards', action='store_true', help='also two shards on two cores')
    one.add_argument('--quick', action='store_true', help='leaves the running daemon out')
    one.add_argument('--seconds', type=float, default=10, help='how long rates and latencies are measured')
    one.add_argument('--scale', type=float, default=1, help='of tpch: 1 is 1.1 GB of files')
    one.add_argument('--each', action='store_true', help='tpch: also each query alone')
    one.add_argument('--json', help='writes all of it there, too')
    one.set_defaults(run=run)
    two = commands.add_parser('compare', parents=[common], help='alternates two builds')
    two.add_argument('a')
    two.add_argument('b')
    two.add_argument('workloads', nargs='*', choices=[*BATCHES, []], metavar='workload')
    two.set_defaults(run=compare)
    arguments = parser.parse_args()
    try:
        arguments.run(arguments)
    except subprocess.CalledProcessError as error:
        raise SystemExit(f'{error.cmd}: exit code {error.returncode}') from error


if __name__ == '__main__':
    main()
