
CREATE TABLE l (carrier TEXT, name TEXT) WITH (connector = 'files', path = '/srv/data/airlines.csv', format = 'csv', mode = 'static');
CREATE MATERIALIZED VIEW one AS SELECT 1 AS a, 'x' AS b, NULL AS c;
CREATE MATERIALIZED VIEW vals (a, b) AS VALUES (1, 'a'), (2, NULL), (NULL, 'c');
CREATE MATERIALIZED VIEW u AS SELECT a FROM vals UNION SELECT 7 UNION ALL SELECT 7;
CREATE MATERIALIZED VIEW notin AS SELECT carrier FROM l WHERE carrier NOT IN (SELECT carrier FROM l WHERE carrier > 'B');
CREATE MATERIALIZED VIEW ex AS SELECT carrier FROM l x WHERE EXISTS (SELECT 1 FROM l y WHERE y.carrier > x.carrier AND y.carrier <> 'YV');
CREATE MATERIALIZED VIEW corr AS SELECT carrier, (SELECT count(*) FROM l y WHERE y.carrier = x.carrier AND y.name LIKE 'A%') AS n FROM l x;
CREATE MATERIALIZED VIEW sc AS SELECT carrier FROM l WHERE carrier = (SELECT max(carrier) FROM l);
CREATE MATERIALIZED VIEW gs AS SELECT a, g FROM vals, generate_series(1, a) AS g;
CREATE MATERIALIZED VIEW ints AS SELECT a FROM vals INTERSECT SELECT g FROM generate_series(2, 5) g;
CREATE MATERIALIZED VIEW exc AS SELECT g FROM generate_series(1, 5) g EXCEPT ALL SELECT a FROM vals;
CREATE MATERIALIZED VIEW fj AS SELECT v.a, w.g FROM vals v LEFT JOIN (SELECT g FROM generate_series(2, 3) g) w ON v.a = w.g;
CREATE MATERIALIZED VIEW hv AS WITH t AS (SELECT substr(carrier, 1, 1) AS c FROM l) SELECT c, count(*) FROM t GROUP BY c HAVING count(*) > 1;
CREATE MATERIALIZED VIEW fulls AS SELECT v.a, w.g FROM vals v FULL JOIN (SELECT g FROM generate_series(2, 3) g) w ON v.a = w.g;
CREATE MATERIALIZED VIEW crossed AS SELECT v.a, l.name FROM vals v, l WHERE v.a > length(l.name);
CREATE MATERIALIZED VIEW chain AS SELECT x.carrier FROM l x, l y, l z WHERE z.name = y.name AND x.carrier = z.carrier AND y.carrier > 'A';
