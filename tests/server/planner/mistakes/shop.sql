-- A shop's pipeline with twenty mistakes, each in a line that ends in `--! CODE`: script_mistakes_test.cc wants every one
-- of them told in one pass, at its line, and nothing else.

-- ---------------------------------------------------------------------------------------------------------------------
-- Tables
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TABLE customers (
  id BIGINT PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT,
  country TEXT,
  segment TEXT,
  credit NUMERIC(12, 2),
  born DATE,
  registered TIMESTAMP
) WITH (
  connector = 'files',
  path = '/srv/shop/customers/*.csv',
  format = 'csv',
  header = 'true',
  mode = 'static'
);

CREATE TABLE products (
  sku TEXT PRIMARY KEY,
  title TEXT,
  category TEXT,
  price NUMERIC(10, 2),
  weight_grams INTERGER,  --! UNKNOWN_TYPE
  discontinued BOOLEAN
) WITH (
  connector = 'files',
  path = '/srv/shop/products.csv',
  format = 'csv',
  mode = 'static'
);

CREATE TABLE orders (
  id BIGINT PRIMARY KEY,
  customer BIGINT NOT NULL,
  placed TIMESTAMP,
  status TEXT,
  coupon TEXT,
  total NUMERIC(12, 2)
) WITH (
  connector = 'kafka',
  brokers = 'localhost:9092',
  topic = 'orders',
  format = 'jsn',  --! UNKNOWN_FORMAT
  envelope = 'upsert'
);

CREATE TABLE lines (
  order_id BIGINT NOT NULL,
  line INTEGER,
  sku TEXT,
  quantity INTEGER,
  unit_price NUMERIC(10, 2),
  discount DOUBLE PRECISION
) WITH (
  connector = 'kafka',
  brokers = 'localhost:9092',
  topik = 'order-lines',  --! UNKNOWN_OPTION
  topic = 'order-lines',
  format = 'json'
);

CREATE TABLE payments (
  id TEXT PRIMARY KEY,
  order_id BIGINT,
  method TEXT,
  amount NUMERIC(12, 2),
  paid TIMESTAMP
) WITH (
  connector = 'kafka',
  brokers = 'localhost:9092',
  topic = 'payments',
  format = 'json',
  envelope = 'upsert',
  start = 'earliest'
);

CREATE TABLE visits (
  visitor TEXT,
  customer BIGINT,
  page TEXT,
  seconds INTEGER,
  at TIMESTAMP
);

CREATE TABLE warehouses (
  code TEXT PRIMARY KEY,
  city TEXT,
  country TEXT
) WITH (
  connector = 'files',
  path = '/srv/shop/warehouses.csv',
  format = 'csv',
  mode = 'static'
);

CREATE TABLE stock (
  sku TEXT,
  warehouse TEXT,
  pieces INTEGER,
  PRIMARY KEY (sku, warehouse)
) WITH (
  connector = 'fils',  --! UNKNOWN_CONNECTOR
  path = '/srv/shop/stock.csv',
  format = 'csv',
  mode = 'static'
);

-- ---------------------------------------------------------------------------------------------------------------------
-- Orders with all that belongs to them
-- ---------------------------------------------------------------------------------------------------------------------

CREATE VIEW sold AS
  SELECT
    l.order_id,
    l.line,
    l.sku,
    l.quantity,
    l.unit_price,
    l.quantity * l.unit_price AS gross,
    o.customer,
    o.placed,
    o.statuss  --! UNKNOWN_COLUMN
  FROM lines l
  JOIN orders o ON o.id = l.order_id;

CREATE VIEW priced AS
  SELECT
    l.order_id,
    l.line,
    l.sku,
    l.quantity,
    l.unit_price,
    l.quantity * l.unit_price AS gross,
    o.customer,
    o.placed,
    o.status
  FROM lines l
  JOIN orders o ON o.id = l.order_id;

CREATE MATERIALIZED VIEW revenue_by_day WITH (key = 'day') AS
  SELECT
    CAST(placed AS DATE) AS day,
    count(*) AS lines,
    sum(quantity) AS pieces,
    sum(gross) AS revenue
  FROM priced
  WHERE status <> 'cancelled'
  GROUP BY CAST(placed AS DATE);

CREATE MATERIALIZED VIEW revenue_by_customer WITH (key = 'customer') AS
  SELECT
    p.customer,
    c.name,  --! NOT_AGGREGATED
    c.country,
    sum(p.gross) AS revenue
  FROM priced p
  JOIN customers c ON c.id = p.customer
  GROUP BY p.customer, c.country;

CREATE MATERIALIZED VIEW revenue_by_country WITH (key = 'country') AS
  SELECT
    c.country,
    count(DISTINCT p.customer) AS customers,
    sum(p.gross) AS revenue,
    avg(p.gross) AS average
  FROM priced p
  JOIN customers c ON c.id = p.customer
  GROUP BY c.country
  HAVING sum(p.gross) > 1000;

CREATE MATERIALIZED VIEW unpaid AS
  SELECT o.id, o.customer, o.total
  FROM orders o
  WHERE NOT EXISTS (
    SELECT 1
    FROM payment p  --! UNKNOWN_RELATION
    WHERE p.order_id = o.id
  );

CREATE MATERIALIZED VIEW overpaid AS
  SELECT o.id, o.total, sum(p.amount) AS paid
  FROM orders o
  JOIN payments p ON p.order_id = o.id
  GROUP BY o.id, o.total
  HAVING sum(p.amount) > o.total;

CREATE MATERIALIZED VIEW latest_by_status AS
  SELECT status, max(placed) AS latest, min(placed) AS first, count(*) AS orders
  FROM orders
  GROUP BY status;

CREATE MATERIALIZED VIEW big_orders AS
  SELECT id, customer, total
  FROM orders
  WHERE sum(total) > 500;  --! MISPLACED_AGGREGATE

CREATE MATERIALIZED VIEW coupons AS
  SELECT coupon, count(*) AS used, avg(total) AS average
  FROM orders
  WHERE coupon IS NOT NULL AND status IN ('paid', 'shipped', 'delivered')
  GROUP BY coupon;

-- ---------------------------------------------------------------------------------------------------------------------
-- Customers
-- ---------------------------------------------------------------------------------------------------------------------

CREATE MATERIALIZED VIEW segments WITH (key = 'segment') AS
  SELECT segment, count(*) AS customers, avg(credit) AS credit
  FROM customers
  GROUP BY segment;

CREATE MATERIALIZED VIEW ages AS
  SELECT id, name, born + name AS soon  --! TYPE_MISMATCH
  FROM customers
  WHERE born IS NOT NULL;

CREATE MATERIALIZED VIEW mails AS
  SELECT id, lowercase(email) AS email  --! UNKNOWN_FUNCTION
  FROM customers
  WHERE email LIKE '%@%';

CREATE MATERIALIZED VIEW called AS
  SELECT id, coalesce(name, credit) AS called  --! TYPE_MISMATCH
  FROM customers;

CREATE MATERIALIZED VIEW namesakes AS
  SELECT a.id AS one, b.id AS other, a.name
  FROM customers a
  JOIN customers b ON a.name = b.name AND a.id < b.id;

CREATE MATERIALIZED VIEW neighbours AS
  SELECT id, city  --! AMBIGUOUS_COLUMN
  FROM customers c
  JOIN (SELECT id AS id, name AS city FROM customers) d ON c.name = d.city;

CREATE MATERIALIZED VIEW visitors WITH (key = 'customer') AS
  SELECT
    customer,
    count(*) AS visits,
    sum(seconds) AS seconds,
    max(at) AS latest,
    count(DISTINCT page) FILTER (WHERE seconds > 10) AS pages
  FROM visits
  WHERE customer IS NOT NULL
  GROUP BY customer;

CREATE MATERIALIZED VIEW recent AS
  SELECT visitor, page
  FROM visits
  WHERE at > now();  --! UNSUPPORTED

CREATE MATERIALIZED VIEW buyers_who_look AS
  SELECT v.customer, v.visits, r.orders
  FROM visitors v
  JOIN (
    SELECT customer, count(*) AS orders
    FROM orders
    GROUP BY customer
  ) r ON r.customer = v.customer;

CREATE MATERIALIZED VIEW everyone AS
  SELECT name, country FROM customers
  UNION ALL
  SELECT city FROM warehouses;  --! TYPE_MISMATCH

CREATE MATERIALIZED VIEW places AS
  SELECT country FROM customers
  UNION
  SELECT country FROM warehouses;

-- ---------------------------------------------------------------------------------------------------------------------
-- Stock
-- ---------------------------------------------------------------------------------------------------------------------

CREATE MATERIALIZED VIEW dear WITH (keys = 'sku') AS  --! UNKNOWN_OPTION
  SELECT sku, title, price
  FROM products
  WHERE price > 100;

CREATE MATERIALIZED VIEW cheap AS
  SELECT sku, title, price, sku  --! DUPLICATE_NAME
  FROM products
  WHERE price < 5;

CREATE MATERIALIZED VIEW categories AS
  SELECT
    category,
    count(*) AS products,
    CASE WHEN avg(price) > 50 THEN 'dear' ELSE 'cheap' END AS class
  FROM products
  GROUP BY category;

CREATE MATERIALIZED VIEW broken AS
  SELECT category count(*)  --! SYNTAX_ERROR
  FROM products
  GROUP BY category;

CREATE MATERIALIZED VIEW flags AS
  SELECT sku, title
  FROM products
  WHERE CAST('maybe' AS BOOLEAN) = discontinued;  --! INVALID_LITERAL

CREATE MATERIALIZED VIEW rest AS
  SELECT category, title
  FROM products
  WHERE discontinued
  GROUP BY 3;  --! SYNTAX_ERROR

-- ---------------------------------------------------------------------------------------------------------------------
-- What goes out
-- ---------------------------------------------------------------------------------------------------------------------

CREATE SINK revenue_out FROM revenue_by_day WITH (
  connector = 'kafka',
  brokers = 'localhost:9092',
  topic = 'revenue',
  format = 'json',
  envelope = 'upsert'
);

CREATE SINK coupon_files FROM cupons WITH (  --! UNKNOWN_RELATION
  connector = 'files',
  path = '/srv/shop/out/coupons',
  format = 'json'
);

CREATE SINK places_out FROM places WITH (
  connector = 'files',
  path = '/srv/shop/out/places',
  format = 'json'
);
