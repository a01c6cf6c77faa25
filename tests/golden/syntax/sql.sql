-- Where the tides lie.
CREATE SCHEMA harbour;

-- One row a gauge.
CREATE TABLE IF NOT EXISTS harbour.gauges (
  id BIGSERIAL PRIMARY KEY,
  -- as painted on it
  name VARCHAR(100) NOT NULL DEFAULT 'pier',
  pier_id INT REFERENCES piers (id),
  "long name" TEXT,
  UNIQUE (name)
);

CREATE UNIQUE INDEX gauges_by_name ON harbour.gauges (name);
CREATE TYPE stage AS ENUM ('ebb', 'flood');
CREATE SEQUENCE reading_numbers;

/* The readings of the day. */
CREATE OR REPLACE VIEW todays AS
  SELECT g.id, g.name AS gauge, max(r.height) AS highest
  FROM harbour.gauges g
  JOIN readings AS r ON r.gauge_id = g.id
  WHERE r.day = current_day()
  GROUP BY g.id;

CREATE MATERIALIZED VIEW highest AS SELECT * FROM todays;

-- Adds one reading and gives its number.
CREATE OR REPLACE FUNCTION harbour.add_reading(p_gauge bigint, p_height numeric)
RETURNS bigint AS $$
DECLARE
  number bigint;
BEGIN
  INSERT INTO readings (gauge_id, height) VALUES (p_gauge, p_height);
  RETURN 1;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER keep_count AFTER INSERT ON readings
  FOR EACH ROW EXECUTE FUNCTION harbour.count_readings();

ALTER TABLE gauges ADD COLUMN depth INT;

WITH recent AS (SELECT gauge_id, height FROM readings)
SELECT count(*), lower(name) FROM recent JOIN gauges ON gauges.id = recent.gauge_id;

UPDATE gauges SET name = upper(name) WHERE depth > 3;
DELETE FROM readings WHERE day < 10;

CREATE TABLE copies AS SELECT id FROM gauges;
