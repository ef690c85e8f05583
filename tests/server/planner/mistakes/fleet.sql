-- A fleet of vehicles that report where they are: a pipeline with twenty mistakes, each in a line that ends in
-- `--! CODE`.

-- ---------------------------------------------------------------------------------------------------------------------
-- What comes in
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TABLE vehicles (
  vin TEXT PRIMARY KEY,
  plate TEXT NOT NULL,
  model TEXT,
  depot INTEGER,
  bought DATE,
  seats SMALLINT,
  electric BOOLEAN
) WITH (
  connector = 'files',
  path = '/srv/fleet/vehicles.csv',
  format = 'csv',
  mode = 'static'
);

CREATE TABLE depots (
  id INTEGER PRIMARY KEY,
  name TEXT,
  city TEXT,
  lat DOUBLE PRECISION,
  lon DOUBLE PRECISION
) WITH (
  connector = 'files',
  path = '/srv/fleet/depots.csv',
  format = 'csv',
  mode = 'statik'  --! INVALID_OPTION
);

CREATE TABLE drivers (
  id INTEGER,
  name TEXT,
  hired DATE,
  depot INTEGER,
  PRIMARY KEY (ident)  --! UNKNOWN_COLUMN
) WITH (
  connector = 'files',
  path = '/srv/fleet/drivers.csv',
  format = 'csv',
  mode = 'static'
);

CREATE TABLE positions (
  vin TEXT,
  at TIMESTAMP,
  lat DOUBLE PRECISION,
  lon DOUBLE PRECISION,
  speed DOUBLE PRECISION,
  odometer BIGINT
) WITH (
  connector = 'kafka',
  brokers = 'localhost:9092',
  topic = 'positions',
  format = 'json'
);

CREATE TABLE trips (
  id BIGINT PRIMARY KEY,
  vin TEXT,
  driver INTEGER,
  started TIMESTAMP,
  ended TIMESTAMP,
  kilometres NUMERIC(8, 1),
  passengers INTEGER
) WITH (
  connector = 'kafka',  --! MISSING_OPTION
  brokers = 'localhost:9092',
  format = 'json',
  envelope = 'upsert'
);

CREATE TABLE refuels (
  vin TEXT,
  at TIMESTAMP,
  litres NUMERIC(6, 2),
  price NUMERIC(6, 3),
  price NUMERIC(8, 3)  --! DUPLICATE_NAME
) WITH (
  connector = 'files',
  path = '/srv/fleet/refuels/*.csv',
  format = 'csv',
  mode = 'follow'
);

CREATE TABLE faults (
  vin TEXT,
  at TIMESTAMP,
  code TEXT,
  severity INTEGER
) WITH (
  connector = 'files',
  path = '/etc/faults.csv',  --! PATH_OUTSIDE_ROOT
  format = 'csv',
  mode = 'static'
);

CREATE TABLE tyres (
  vin TEXT,
  place TEXT,
  changed DATE
);

-- ---------------------------------------------------------------------------------------------------------------------
-- Vehicles
-- ---------------------------------------------------------------------------------------------------------------------

CREATE VIEW fleet AS
  SELECT v.vin, v.plate, v.model, v.seats, v.electric, t.place, t.changed
  FROM vehicles v
  LEFT JOIN tyres t ON t.vin = v.vin;

CREATE MATERIALIZED VIEW by_model WITH (key = 'model') AS
  SELECT
    model,
    count(*) AS vehicles,
    sum(seats) AS seats,
    count(*) FILTER (WHERE electric) AS electric,
    min(bought) AS oldest
  FROM vehicles
  GROUP BY model;

CREATE MATERIALIZED VIEW old_tyres AS
  SELECT vin, place, changed
  FROM tyres
  WHERE changed < '2021-13-01';  --! INVALID_LITERAL

CREATE MATERIALIZED VIEW without_tyres AS
  SELECT v.vin, v.plate
  FROM vehicles v
  WHERE v.vin NOT IN (SELECT vin FROM tyres WHERE vin IS NOT NULL);

CREATE MATERIALIZED VIEW homes AS
  SELECT v.vin, d.name
  FROM vehicles v
  LEFT JOIN depots d ON v.depot;  --! TYPE_MISMATCH

CREATE MATERIALIZED VIEW plates AS
  SELECT upper(plate, 'de') AS plate  --! UNKNOWN_FUNCTION
  FROM vehicles;

CREATE MATERIALIZED VIEW letters AS
  SELECT substring(plate FROM 1 FOR 2) AS letters, count(*) AS vehicles
  FROM vehicles
  GROUP BY substring(plate FROM 1 FOR 2);

CREATE MATERIALIZED VIEW big_ones AS
  SELECT vin, seats
  FROM vehicles
  WHERE seats;  --! TYPE_MISMATCH

CREATE MATERIALIZED VIEW electric_share AS
  SELECT
    depot,
    count(*) FILTER (WHERE electric) * 100 / count(*) AS share,
    max(count(*)) AS most  --! MISPLACED_AGGREGATE
  FROM vehicles
  GROUP BY depot;

-- ---------------------------------------------------------------------------------------------------------------------
-- Positions
-- ---------------------------------------------------------------------------------------------------------------------

CREATE MATERIALIZED VIEW last_seen WITH (key = 'vin') AS
  SELECT vin, max(at) AS at, max(odometer) AS odometer
  FROM positions
  GROUP BY vin;

CREATE MATERIALIZED VIEW speeds AS
  SELECT
    p.vin,
    v.model,
    avg(p.speed) AS average,
    max(p.speed) AS fastest
  FROM positions p
  JOIN vehicles v ON v.vin = p.vin
  WHERE p.speed BETWEEN 0 AND 300
  GROUP BY p.vin, v.model;

CREATE MATERIALIZED VIEW too_fast AS
  SELECT vin, at, speed
  FROM positions
  WHERE speed > 'fast';  --! INVALID_LITERAL

CREATE MATERIALIZED VIEW by_hour AS
  SELECT date_trunc('hour', at) AS hour, count(*) AS reports, count(DISTINCT vin) AS vehicles
  FROM positions
  GROUP BY 1;

CREATE MATERIALIZED VIEW nearby AS
  SELECT a.vin, b.vin AS other
  FROM positions a
  JOIN positions b ON a.at = b.at AND abs(a.lat - b.lat) < 0.01 AND abs(a.lon - c.lon) < 0.01;  --! UNKNOWN_RELATION

CREATE MATERIALIZED VIEW driven AS
  SELECT
    vin,
    CAST(at AS DATE) AS day,
    max(odometer) - min(odometer) AS kilometres
  FROM positions
  GROUP BY vin, CAST(at AS DATE)
  HAVING max(odometer) > min(odometer);

CREATE MATERIALIZED VIEW random_sample AS
  SELECT vin, at
  FROM positions
  WHERE random() < 0.01;  --! UNSUPPORTED

-- ---------------------------------------------------------------------------------------------------------------------
-- Trips and what they cost
-- ---------------------------------------------------------------------------------------------------------------------

CREATE VIEW finished AS
  SELECT id, vin, driver, started, ended, kilometres, passengers
  FROM trips
  WHERE ended IS NOT NULL;

CREATE MATERIALIZED VIEW by_vehicle WITH (key = 'vin') AS
  SELECT vin, count(*) AS trips, sum(kilometres) AS kilometres, sum(passengers) AS passengers
  FROM finished
  GROUP BY vin;

CREATE MATERIALIZED VIEW by_day WITH (key = 'days') AS  --! UNKNOWN_COLUMN
  SELECT CAST(started AS DATE) AS day, count(*) AS trips
  FROM finished
  GROUP BY CAST(started AS DATE);

CREATE MATERIALIZED VIEW consumption AS
  SELECT
    b.vin,
    b.kilometres,
    r.litres,
    CASE WHEN b.kilometres > 0 THEN r.litres * 100 / b.kilometres END AS per_hundred
  FROM by_vehicle b
  JOIN (
    SELECT vin, sum(litres) AS litres
    FROM refuels
    GROUP BY vin
  ) r ON r.vin = b.vin;

CREATE MATERIALIZED VIEW crowded AS
  SELECT t.id, t.vin, t.passengers, v.seats
  FROM finished t
  JOIN vehicles v ON v.vin = t.vin
  WHERE t.passengers > v.seat;  --! UNKNOWN_COLUMN

CREATE MATERIALIZED VIEW lazy AS
  SELECT v.vin
  FROM vehicles v
  WHERE NOT EXISTS (SELECT 1 FROM finished f WHERE f.vin = v.vin)
  EXCEPT
  SELECT vin FROM refuels;

CREATE MATERIALIZED VIEW classes AS
  SELECT
    id,
    CASE
      WHEN kilometres < 10 THEN 'short'
      WHEN kilometres THEN 'middling'  --! TYPE_MISMATCH
      ELSE 'long'
    END AS class
  FROM finished;

CREATE MATERIALIZED VIEW totals AS
  SELECT count(*) AS trips, sum(kilometres) AS kilometres, avg(passengers) AS passengers
  FROM finished;

CREATE MATERIALIZED VIEW totals AS  --! DUPLICATE_NAME
  SELECT count(*) AS trips
  FROM trips;

CREATE MATERIALIZED VIEW unfinished AS
  SELECT id, vin
  FROM trips
  WHERE ended IS NUL;  --! SYNTAX_ERROR

-- ---------------------------------------------------------------------------------------------------------------------
-- What goes out
-- ---------------------------------------------------------------------------------------------------------------------

CREATE SINK seen FROM last_seen WITH (
  connector = 'kafka',
  brokers = 'localhost:9092',
  topic = 'last-seen',
  format = 'json',
  envelope = 'upsert'
);

CREATE SINK hours FROM by_hour WITH (
  connector = 'files',
  path = '/srv/fleet/out/hours',
  format = 'xml'  --! INVALID_OPTION
);

DROP VIEW fleet;  --! UNSUPPORTED
