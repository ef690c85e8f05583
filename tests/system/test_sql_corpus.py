"""The answers that the corpus of SQL cases expects are those of other databases, and so are the answers to random queries
over tables that change."""
import subprocess
import sys

from freshet_daemon import BIN, ROOT

CORPUS = ROOT / 'tests' / 'sql'
RUNNER = BIN.parent / 'tests' / 'sql_cases_test'
SEEDS = '1-60'


def check(script, *arguments):
    done = subprocess.run([sys.executable, str(CORPUS / script), *arguments], text=True, capture_output=True, check=False,
                          timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)


def corpus():
    files = sorted(map(str, CORPUS.glob('*.test')))
    assert len(files) >= 5
    return files


def test_expected_answers_are_duckdbs():
    check('against_duckdb.py', *corpus())


def test_expected_answers_are_postgresqls():
    check('against_postgres.py', *corpus())


def test_random_queries_are_answered_as_by_postgresql(tmp_path):
    check('random_cases.py', '--seeds', SEEDS, '--runner', str(RUNNER), '--keep', str(tmp_path))
