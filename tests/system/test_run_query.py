"""freshet run --query: one query over the definition's tables and views, and nothing else."""
import json
import subprocess

import pytest
from freshet_daemon import BIN

SCRIPT = '''
CREATE TABLE orders (id BIGINT, customer TEXT, total INT)
  WITH (connector = 'files', path = 'orders.csv', format = 'csv', mode = 'static');
CREATE VIEW large AS SELECT * FROM orders WHERE total > 10;
CREATE MATERIALIZED VIEW unwanted AS SELECT customer, count(*) FROM orders GROUP BY customer;
CREATE SINK out FROM unwanted WITH (connector = 'files', path = 'out', format = 'json', envelope = 'changes');
'''


@pytest.fixture
def run(tmp_path):
    (tmp_path / 'shop.sql').write_text(SCRIPT)
    (tmp_path / 'orders.csv').write_text('id,customer,total\n1,ann,5\n2,bob,20\n3,ann,30\n4,cid,40\n')

    def call(*arguments):
        return subprocess.run([BIN / 'freshet', 'run', 'shop.sql', *arguments], cwd=tmp_path, capture_output=True,
                              text=True, timeout=60, check=False)
    return call


def test_prints_the_rows_of_the_query_alone(run, tmp_path):
    done = run('--query', 'SELECT customer, total FROM large ORDER BY total DESC LIMIT 2', '-o', 'json')
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(row['total'] for row in rows) == [30, 40]
    assert all(set(row) == {'customer', 'total'} for row in rows)
    assert 'unwanted' not in done.stderr
    assert not (tmp_path / 'out').exists()
    done = run('--query', 'SELECT count(*) AS n FROM unwanted', '-o', 'csv', '--shards', '2')
    assert (done.returncode, done.stdout.split()) == (0, ['n', '3']), done.stderr


def test_tells_where_the_query_is_wrong(run):
    done = run('--query', 'SELECT customer,\n       nothing FROM large')
    assert done.returncode == 4, done.stderr
    assert '--query:3:8' in done.stderr and 'there is no column nothing' in done.stderr
