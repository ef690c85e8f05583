"""CREATE INDEX: reads by other columns than the key, over shards and restarts, give what a look at all rows gives."""
SCRIPT = '''
SET shards = 2;
CREATE TABLE orders (id BIGINT PRIMARY KEY, customer TEXT, total NUMERIC(10, 2));
CREATE MATERIALIZED VIEW per_customer WITH (key = 'customer') AS
  SELECT customer, count(*) AS n, sum(total) AS total FROM orders GROUP BY customer;
CREATE INDEX ON per_customer (n);
CREATE INDEX by_both ON per_customer (total, n);
'''


def ingest(daemon, *orders):
    body = '\n'.join(f'{{"id": {id}, "customer": "{customer}", "total": "{total}"}}' for id, customer, total in orders)
    daemon.request('POST', '/v1/pipelines/shop/tables/orders:ingest', body.encode(), 'application/x-ndjson', wait='visible')


def customers(daemon, where):
    _, rows = daemon.rows('shop', 'per_customer', where=where)
    return sorted(row['customer'] for row in rows)


def test_reads_use_indexes_over_changes_and_restarts(daemon):
    daemon.cli('apply', '-f', '-', '--name', 'shop', '--wait', input=SCRIPT)
    ingest(daemon, *[(i, f'c{i % 7}', f'{i}.50') for i in range(20)])
    views = {view['name']: view for view in daemon.get('/v1/pipelines/shop/views')['views']}
    assert list(views) == ['per_customer']
    assert views['per_customer']['indexes'] == [['n'], ['total', 'n']]
    assert customers(daemon, 'n = 3') == ['c0', 'c1', 'c2', 'c3', 'c4', 'c5']
    assert customers(daemon, "n = 3 AND customer > 'c3'") == ['c4', 'c5']
    assert customers(daemon, 'total = 22.50 AND n = 3') == customers(daemon, 'total + 0 = 22.50') == ['c0']

    ingest(daemon, (0, 'c9', '1.00'))
    assert customers(daemon, 'n = 3') == ['c1', 'c2', 'c3', 'c4', 'c5']
    assert customers(daemon, 'n = 2') == ['c0', 'c6']
    assert customers(daemon, 'n = 1') == ['c9']
    daemon.kill()
    daemon.start()
    daemon.wait_state('shop', 'RUNNING')
    assert customers(daemon, 'n = 2') == ['c0', 'c6']
    assert customers(daemon, 'n = 4') == []
