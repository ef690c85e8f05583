"""ERROR cells of views are listed by /errors, heal when their row goes, and outlive killed shards."""
import json
import os
import signal
import time

import pytest

from test_overload import apply

DEFINITION = """
options: {shards: %d}
tables:
  parts:
    columns: [{name: id, type: bigint}, {name: amount, type: bigint}, {name: parts, type: bigint}]
    primary_key: [id]
    sources: [{connector: files, path: "in/*.csv", format: csv, mode: follow}]
views:
  shares:
    materialized: true
    key: [id]
    project: {input: parts, keep_input: true, columns: {share: "amount / parts", tenth: "10 / (amount - 5)"}}
  clean:
    materialized: true
    aggregate: {input: parts, values: {n: "count(*)"}}
"""


def write(daemon, name, rows):
    folder = daemon.folder / 'in'
    folder.mkdir(exist_ok=True)
    (folder / 'tmp').write_text('id,amount,parts\n' + ''.join(f'{",".join(map(str, row))}\n' for row in rows))
    (folder / 'tmp').rename(folder / name)


def wait_errors(daemon, expected, timeout=60):
    """{(column, code): count} of the view, until it is as expected."""
    deadline = time.monotonic() + timeout
    while True:
        status, _, body = daemon.request('GET', '/v1/pipelines/p/errors')
        errors = json.loads(body).get('errors', []) if status == 200 else None
        if errors is not None:
            found = {(error.get('column'), error['code']): error['count'] for error in errors}
            if found == expected:
                return errors
        assert time.monotonic() < deadline, f'{status} {body[:2000]}'
        time.sleep(0.05)


@pytest.mark.parametrize('shards', [1, 3])
def test_cells_are_listed_and_heal(daemon, shards):
    write(daemon, 'a.csv', [(i, 5 if i % 50 == 0 else 7, i % 10) for i in range(1, 201)])
    apply(daemon, 'p', DEFINITION % shards)
    errors = wait_errors(daemon, {('share', 'DIVISION_BY_ZERO'): 20, ('tenth', 'DIVISION_BY_ZERO'): 4})
    for error in errors:
        assert error['node'] == 'shares/view', error
        sample = json.loads(error['sample'])
        assert 'DIVISION_BY_ZERO' in sample[error['column']] and int(sample['id']) % 10 == 0, sample

    # Newer rows of ten keys heal their cells.
    write(daemon, 'b.csv', [(i, 7, 1) for i in range(10, 101, 10)])
    wait_errors(daemon, {('share', 'DIVISION_BY_ZERO'): 10, ('tenth', 'DIVISION_BY_ZERO'): 2})

    for shard in daemon.status('p')['shards']:
        os.kill(shard['pid'], signal.SIGKILL)
    daemon.wait_state('p', 'RUNNING')
    wait_errors(daemon, {('share', 'DIVISION_BY_ZERO'): 10, ('tenth', 'DIVISION_BY_ZERO'): 2})

    write(daemon, 'c.csv', [(i, 7, 1) for i in range(110, 201, 10)])
    wait_errors(daemon, {})
