"""tools/bench runs on small inputs and prints figures with their bounds."""
import json
import subprocess
import sys

import pytest
from freshet_daemon import BIN, ROOT


@pytest.mark.parametrize('arguments', [['words-wide', 'keys-8', 'join-named', '--rows', '20000', '--shards', '--repeat', '1'],
                                       ['http', 'points', 'one-row', '--seconds', '0.5'],
                                       ['tpch', '--scale', '0.01', '--each']])
def test_figures_are_printed(tmp_path, arguments):
    out = tmp_path / 'figures.json'
    done = subprocess.run([sys.executable, str(ROOT / 'tools' / 'bench'), 'run', *arguments, '--bin', str(BIN), '--folder', str(tmp_path / 'bench'),
                           '--json', str(out)], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = json.loads(out.read_text())
    workloads = [name for name in arguments if any(line['workload'] == name for line in lines)]
    assert workloads == arguments[:next(i for i, argument in enumerate(arguments) if argument.startswith('--'))]
    assert all(line['value'] > 0 for line in lines), lines
    assert len(done.stdout.splitlines()) == len(lines)


def test_a_workload_that_is_none_is_refused():
    done = subprocess.run([sys.executable, str(ROOT / 'tools' / 'bench'), 'run', 'wrods'], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and 'invalid choice' in done.stderr
