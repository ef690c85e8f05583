-- Each statement has something wrong; all are told at once.
CREATE TABLE orders (id BIGINT PRIMARY KEY, customer BIGINTT, total NUMERIC(12,2) CHECK (total > 0))
  WITH (connector = 'files', path = '/srv/data/orders.csv', format = 'csw', mode = 'static');
CREATE TABLE customers (id BIGINT, name TEXT)
  WITH ('connector' = 'files', 'path' = '/srv/data/customers.csv', format = 'csv', heder = true);
CREATE TABLE other (id BIGINT, WATERMARK FOR id AS id);
CREATE MATERIALIZED VIEW a AS SELECT nam FROM customers;
CREATE MATERIALIZED VIEW b AS SELECT name, count(*) FROM customers;
CREATE MATERIALIZED VIEW c AS SELECT id FROM customer;
CREATE MATERIALIZED VIEW d AS SELECT id FROM customers c, orders o WHERE c.id = o.id;
CREATE MATERIALIZED VIEW e AS SELECT name + 1 AS n FROM customers;
CREATE MATERIALIZED VIEW f WITH (keys = 'id') AS SELECT id FROM customers;
CREATE MATERIALIZED VIEW g AS SELECT id FROM customers LIMIT 3 + 1;
CREATE MATERIALIZED VIEW h AS SELECT now() AS t FROM customers;
CREATE MATERIALIZED VIEW i AS SELECT id FROM customers ORDER BY id;
CREATE MATERIALIZED VIEW j AS SELECT id, id FROM customers;
CREATE MATERIALIZED VIEW k AS SELEC id FROM customers;
CREATE MATERIALIZED VIEW l AS SELECT id, name FROM customers UNION SELECT id FROM customers;
CREATE MATERIALIZED VIEW m AS SELECT sum(name) AS s FROM customers GROUP BY 2;
CREATE MATERIALIZED VIEW n AS SELECT id FROM later;
CREATE VIEW later AS SELECT id FROM customers WHERE id = (SELECT id FROM customers);
CREATE SINK out FROM nowhere WITH (connector = 'files', path = '/srv/data/out', format = 'json');
SET shardz = 3;
INSERT INTO customers VALUES (1, 'x');
CREATE INDEX ON e (nam);
CREATE UNIQUE INDEX ON f (id);
CREATE INDEX ON f (lower(id));
CREATE INDEX odd ON nowhere (id);
CREATE INDEX ON customers (id);
CREATE INDEX twice ON f (id, id);
CREATE MATERIALIZED VIEW a AS SELECT 'not ended FROM customers;
