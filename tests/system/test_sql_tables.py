"""What CREATE TABLE and COMMENT ON say of a table: generated columns, defaults, comments."""
import json

SCRIPT = '''
CREATE TABLE orders (
  id BIGINT PRIMARY KEY,
  gross NUMERIC(10, 2) GENERATED ALWAYS AS (net * (1 + coalesce(tax, 0.2))) STORED,
  net NUMERIC(10, 2),
  tax NUMERIC(4, 2),
  state TEXT DEFAULT 'open',
  label TEXT GENERATED ALWAYS AS (upper(state) || ' (' || id || ')') STORED
);
CREATE MATERIALIZED VIEW labels AS SELECT * FROM orders WHERE gross > 5;
CREATE MATERIALIZED VIEW total AS SELECT sum(gross) AS gross, count(DISTINCT label) AS labels FROM orders;
COMMENT ON TABLE orders IS 'What was ordered; with taxes';
COMMENT ON COLUMN orders.gross IS 'net and tax';
COMMENT ON MATERIALIZED VIEW total IS 'Of all orders';
'''


def ingest(daemon, *rows):
    body = '\n'.join(json.dumps(row) for row in rows)
    status, _, answer = daemon.request('POST', '/v1/pipelines/shop/tables/orders:ingest', body.encode(),
                                       'application/x-ndjson', wait='visible')
    assert status == 200, answer


def test_generated_columns_follow_the_others(daemon):
    daemon.cli('apply', '-f', '-', '--name', 'shop', '--wait', input=SCRIPT)
    ingest(daemon, {'id': 1, 'net': '10'}, {'id': 2, 'net': '20', 'tax': '0.1', 'state': 'paid', 'gross': '1000'}, {'id': 3})
    _, rows = daemon.rows('shop', 'labels', order='id')
    assert rows == [
        {'id': 1, 'gross': '12.00', 'net': '10.00', 'tax': None, 'state': 'open', 'label': 'OPEN (1)'},
        {'id': 2, 'gross': '22.00', 'net': '20.00', 'tax': '0.10', 'state': 'paid', 'label': 'PAID (2)'}]
    ingest(daemon, {'id': 2, 'net': '1', 'state': 'sent'})
    _, rows = daemon.rows('shop', 'labels')
    assert [row['label'] for row in rows] == ['OPEN (1)']
    assert daemon.rows('shop', 'total')[1] == [{'gross': '13.20', 'labels': 3}]


def test_comments_are_told(daemon):
    daemon.cli('apply', '-f', '-', '--name', 'shop', '--wait', input=SCRIPT)
    [orders] = daemon.get('/v1/pipelines/shop/tables')['tables']
    assert orders['comment'] == 'What was ordered; with taxes'
    assert [column.get('comment') for column in orders['columns'][:3]] == [None, 'net and tax', None]
    views = {view['name']: view for view in daemon.get('/v1/pipelines/shop/views')['views']}
    assert views['total']['comment'] == 'Of all orders'
    assert 'comment' not in views['labels']


def test_what_cannot_be_generated(daemon):
    script = '''
CREATE TABLE t (
  a INT GENERATED ALWAYS AS (b + nothing) STORED,
  b INT,
  c INT GENERATED ALWAYS AS (a + 1) STORED,
  d INT NOT NULL GENERATED ALWAYS AS (b) STORED,
  e DATE GENERATED ALWAYS AS (now()) STORED,
  PRIMARY KEY (c));
CREATE VIEW v AS SELECT b FROM t;
COMMENT ON COLUMN v.x IS 'there is none';
COMMENT ON TABLE nowhere IS 'there is none';
'''
    refused = daemon.cli('validate', '-f', '-', input=script, check=False)
    told = refused.stdout + refused.stderr
    for place in ('3:34', '5:', '6:', '7:', '8:', '10:', '11:'):
        assert f'stdin:{place}' in told, told
    assert refused.returncode == 4
