"""The answers that the corpus of SQL cases expects are DuckDB's."""
import subprocess
import sys

from freshet_daemon import ROOT

CORPUS = ROOT / 'tests' / 'sql'


def test_expected_answers_are_duckdbs():
    files = sorted(map(str, CORPUS.glob('*.test')))
    assert len(files) >= 5
    done = subprocess.run([sys.executable, str(CORPUS / 'against_duckdb.py'), *files], text=True, capture_output=True,
                          check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)
