"""The examples over real files in static mode, with one shard and with three, against DuckDB's answer."""
import json
import shutil
import subprocess

import pytest
import yaml_text
from freshet_daemon import BIN, ROOT
from oracle import FLIGHT_KEYS, assert_same_rows, flights_oracle, words_oracle

EXAMPLES = ROOT / 'config' / 'examples'


@pytest.fixture(scope='module')
def flights_answers(example_data):
    return flights_oracle(example_data)


@pytest.fixture
def examples(tmp_path):
    """A folder with copies of the examples' definitions, to be changed."""
    return shutil.copytree(EXAMPLES, tmp_path / 'examples')


@pytest.mark.parametrize('shards', [1, 3])
def test_flights_from_files(start_daemon, examples, example_data, flights_answers, shards):
    daemon = start_daemon(files_root=example_data.parent)
    definition = yaml_text.with_options(examples / 'flights.yaml', f'{{shards: {shards}}}', example_data.name)
    daemon.cli('apply', '-f', str(definition), '--wait')
    assert daemon.status('flights')['state'] == 'COMPLETED'
    epochs = set()
    for view, key in FLIGHT_KEYS.items():
        epoch, rows = daemon.rows('flights', view)
        epochs.add(epoch)
        assert_same_rows(rows, flights_answers[view], key)
    assert len(epochs) == 1
    assert daemon.rows('flights', 'unmatched')[1] == [
        {'flights': 336776, 'without_airline': 0, 'without_airport': 7602, 'without_plane': 52606}]
    daemon.assert_no_errors_logged()


@pytest.mark.parametrize('shards', [1, 3])
def test_flights_as_a_script(start_daemon, examples, example_data, flights_answers, shards):
    daemon = start_daemon(files_root=example_data.parent)
    script = examples / 'flights.sql'
    text = script.read_text().replace("path = 'data/", f"path = '{example_data.name}/")
    script.write_text(f'SET shards = {shards};\n{text}')
    daemon.cli('apply', '-f', str(script), '--wait')
    assert daemon.status('flights')['state'] == 'COMPLETED'
    for view, key in FLIGHT_KEYS.items():
        assert_same_rows(daemon.rows('flights', view)[1], flights_answers[view], key)
    assert daemon.rows('flights', 'unmatched')[1] == [
        {'flights': 336776, 'without_airline': 0, 'without_airport': 7602, 'without_plane': 52606}]
    # The same script over HTTP is the same definition.
    status, _, body = daemon.request('PUT', '/v1/pipelines/again', script.read_bytes(), 'application/sql')
    assert status in (200, 201), body
    daemon.assert_no_errors_logged()


@pytest.mark.parametrize('shards', [1, 3])
def test_words_of_the_bible(start_daemon, examples, example_data, shards):
    daemon = start_daemon(files_root=example_data.parent)
    definition = yaml_text.with_options(examples / 'words.yaml', f'{{shards: {shards}}}', example_data.name)
    daemon.cli('apply', '-f', str(definition), '--wait')
    expected = words_oracle(example_data)
    _, rows = daemon.rows('words', 'word_counts')
    assert {row['word']: row['n'] for row in rows} == dict(expected)
    _, totals = daemon.rows('words', 'totals')
    assert totals == [{'words': str(sum(expected.values())), 'distinct_words': len(expected),
                       'longest': max(map(len, expected))}]
    _, found = daemon.rows('words', 'word_counts', key='"lord"')
    assert found == [{'word': 'lord', 'n': expected['lord']}]


@pytest.mark.parametrize('shards', [1, 2])
def test_run_needs_no_server(examples, example_data, shards):
    definition = yaml_text.with_options(examples / 'words.yaml', '{shards: 1}', example_data.name)
    done = subprocess.run([BIN / 'freshet', 'run', str(definition), '--shards', str(shards), '-o', 'json'],
                          cwd=example_data.parent, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    counts = {}
    for line in done.stdout.splitlines():
        row = json.loads(line)
        if row['view'] == 'word_counts':
            counts[row['row']['word']] = row['row']['n']
    assert counts == dict(words_oracle(example_data))
