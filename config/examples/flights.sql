-- flights.yaml as an SQL script: delays of the 336,776 flights that left New York in 2013, joined with airlines, airports
-- and planes (tools/example_data.sh puts the CSV files into data/; NA stands for NULL).
--   freshet apply -f config/examples/flights.sql --wait
CREATE TABLE flights (
  year INTEGER, month INTEGER, day INTEGER, dep_time INTEGER, sched_dep_time INTEGER, dep_delay DOUBLE PRECISION,
  arr_time INTEGER, sched_arr_time INTEGER, arr_delay DOUBLE PRECISION, carrier TEXT, flight INTEGER, tailnum TEXT,
  origin TEXT, dest TEXT, air_time DOUBLE PRECISION, distance DOUBLE PRECISION, hour INTEGER, minute INTEGER,
  time_hour TIMESTAMPTZ
) WITH (connector = 'files', path = 'data/flights.csv', format = 'csv', null_string = 'NA', mode = 'static');

CREATE TABLE airlines (carrier TEXT PRIMARY KEY, name TEXT)
  WITH (connector = 'files', path = 'data/airlines.csv', format = 'csv', mode = 'static');

CREATE TABLE airports (
  faa TEXT PRIMARY KEY, name TEXT, lat DOUBLE PRECISION, lon DOUBLE PRECISION, alt INTEGER, tz INTEGER, dst TEXT,
  tzone TEXT
) WITH (connector = 'files', path = 'data/airports.csv', format = 'csv', null_string = 'NA', mode = 'static');

CREATE TABLE planes (
  tailnum TEXT PRIMARY KEY, year INTEGER, type TEXT, manufacturer TEXT, model TEXT, engines INTEGER, seats INTEGER,
  speed INTEGER, engine TEXT
) WITH (connector = 'files', path = 'data/planes.csv', format = 'csv', null_string = 'NA', mode = 'static');

CREATE VIEW enriched AS
  SELECT f.*, l.carrier AS airline, l.name AS airline_name, a.faa AS airport, a.name AS airport_name,
         p.tailnum AS plane, p.seats
  FROM flights f
  LEFT JOIN airlines l USING (carrier)
  LEFT JOIN airports a ON f.dest = a.faa
  LEFT JOIN planes p ON f.tailnum = p.tailnum;

CREATE MATERIALIZED VIEW by_carrier WITH (key = 'carrier') AS
  SELECT carrier, airline_name AS name, count(*) AS flights, count(*) FILTER (WHERE dep_time IS NULL) AS cancelled,
         avg(dep_delay) AS dep_delay, avg(arr_delay) AS arr_delay, max(arr_delay) AS worst, sum(seats) AS seats
  FROM enriched
  GROUP BY carrier, airline_name;

CREATE MATERIALIZED VIEW by_day WITH (key = 'day') AS
  SELECT make_date(year, month, day) AS day, count(*) AS flights, avg(dep_delay) AS dep_delay,
         count(*) FILTER (WHERE dep_delay > 15) AS late
  FROM flights
  GROUP BY 1;

CREATE MATERIALIZED VIEW by_route WITH (key = 'origin, dest') AS
  SELECT origin, dest, airport_name AS airport, count(*) AS flights, avg(arr_delay) AS arr_delay,
         min(distance) AS distance
  FROM enriched
  GROUP BY origin, dest, airport_name;

CREATE MATERIALIZED VIEW unmatched AS
  SELECT count(*) AS flights, count(*) FILTER (WHERE airline IS NULL) AS without_airline,
         count(*) FILTER (WHERE airport IS NULL) AS without_airport,
         count(*) FILTER (WHERE plane IS NULL) AS without_plane
  FROM enriched;

-- Reads of by_route with where=dest = 'SFO' look its rows up.
CREATE INDEX ON by_route (dest);
