-- What the order of joins follows: keys, conditions, and what follows from both.
CREATE TABLE region (r INT PRIMARY KEY, name TEXT) WITH (connector = 'files', path = '/srv/data/r.csv', format = 'csv');
CREATE TABLE nation (n INT PRIMARY KEY, r INT, name TEXT) WITH (connector = 'files', path = '/srv/data/n.csv', format = 'csv');
CREATE TABLE buyer (b INT PRIMARY KEY, n INT) WITH (connector = 'files', path = '/srv/data/b.csv', format = 'csv');
CREATE TABLE seller (s INT PRIMARY KEY, n INT) WITH (connector = 'files', path = '/srv/data/s.csv', format = 'csv');
CREATE TABLE sale (id INT PRIMARY KEY, b INT, s INT, price INT) WITH (connector = 'files', path = '/srv/data/sale.csv', format = 'csv');
-- The small tables first; buyers and sellers of one nation do not meet before their sales.
CREATE MATERIALIZED VIEW star AS
  SELECT sum(price) AS price FROM buyer, seller, sale, nation, region
  WHERE sale.b = buyer.b AND sale.s = seller.s AND buyer.n = seller.n AND seller.n = nation.n AND nation.r = region.r
    AND region.name = 'EUROPE';
-- Both branches join by one equality, and tell which nations there may be.
CREATE MATERIALIZED VIEW branches AS
  SELECT buyer.b FROM buyer, nation
  WHERE (buyer.n = nation.n AND nation.name = 'FRANCE' AND buyer.b < 5)
     OR (buyer.n = nation.n AND nation.name = 'GERMANY' AND buyer.b > 7);
-- A condition holds for all columns that are equal.
CREATE MATERIALIZED VIEW spread AS SELECT sale.id FROM sale, seller WHERE sale.s = seller.s AND sale.s > 10;
-- Rows without a partner are dropped behind the left join; a list without repetitions is joined.
CREATE MATERIALIZED VIEW simpler AS
  SELECT buyer.b FROM buyer LEFT JOIN nation ON buyer.n = nation.n
  WHERE nation.name <> 'X' AND buyer.b IN (SELECT b FROM sale GROUP BY b HAVING count(*) > 3);
-- These rows stay.
CREATE MATERIALIZED VIEW kept AS
  SELECT s FROM seller LEFT JOIN nation ON seller.n = nation.n WHERE coalesce(nation.name, 'X') <> 'Y';
-- What is equal to the only row is found by key.
CREATE MATERIALIZED VIEW largest AS SELECT id FROM sale WHERE price = (SELECT max(price) FROM sale);
-- Rows that lie by a column lie by those that are equal to it: one exchange for each side, none behind the join.
CREATE MATERIALIZED VIEW equal AS
  SELECT seller.s, count(*) AS sales FROM sale, seller, buyer WHERE sale.s = seller.s AND buyer.b = seller.s GROUP BY seller.s;
-- Two keys that are equal to each other are both compared.
CREATE MATERIALIZED VIEW twice AS
  SELECT sale.id FROM sale, (SELECT buyer.b, seller.s FROM buyer, seller WHERE buyer.b = seller.s) x
  LEFT JOIN nation ON x.b = nation.n AND x.s = nation.r WHERE sale.id = x.b;
