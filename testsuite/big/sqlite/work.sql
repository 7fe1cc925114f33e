-- What the test carries out: the parts of SQLite that matter, on enough rows to take a while.
SELECT sqlite_version() <> '', typeof(1.5), hex(zeroblob(3));

CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL, born INTEGER, score REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO person SELECT i, printf('%s-%05d', substr('abcdefghij', i % 10 + 1, 1), i * 7919 % 20011),
        1900 + i * 31 % 110, (i * 104729 % 10007) / 100.0 FROM n;
CREATE INDEX person_name ON person(name);
CREATE INDEX person_born ON person(born, score);
SELECT count(*), min(name), max(name), round(avg(score), 6) FROM person;
SELECT born, count(*), round(sum(score), 3) FROM person GROUP BY born HAVING count(*) > 181 ORDER BY 2 DESC, 1 LIMIT 8;
SELECT a.name, b.name FROM person a JOIN person b ON b.born = a.born AND b.score > a.score
    WHERE a.id < 6 ORDER BY a.id, b.score DESC, b.id LIMIT 12;
EXPLAIN QUERY PLAN SELECT * FROM person WHERE born = 1984 AND score > 50 ORDER BY name;

BEGIN;
UPDATE person SET score = score * 1.1 WHERE born % 7 = 0;
DELETE FROM person WHERE id % 13 = 0;
SELECT changes(), total_changes() > 0;
ROLLBACK;
SELECT count(*) FROM person;

-- Windows, common table expressions, JSON, dates, text.
SELECT id, name, rank() OVER (PARTITION BY born ORDER BY score DESC, id),
    round(avg(score) OVER (PARTITION BY born ORDER BY id ROWS 3 PRECEDING), 4) FROM person WHERE born IN (1950, 1951)
    ORDER BY born, id LIMIT 10;
WITH RECURSIVE fib(n, a, b) AS (VALUES (1, 0, 1) UNION ALL SELECT n + 1, b, a + b FROM fib WHERE n < 80)
    SELECT n, a FROM fib WHERE n % 20 = 0;
SELECT json_extract('{"a": [1, {"b": "x"}], "c": null}', '$.a[1].b'), json_group_array(id) FROM person WHERE id < 8;
SELECT key, value, type FROM json_each('{"k": 1.5, "l": [true], "m": "é"}');
SELECT date('2024-02-29', '+1 year'), strftime('%j %W', '2026-11-23'), julianday('2000-01-01 12:00:00');
SELECT upper('straße'), length('żółw'), unicode('€'), replace('banana', 'an', 'AN'), 'abc' GLOB 'a*', 'ABC' LIKE 'a%';
SELECT round(sqrt(2), 12), round(exp(1), 12), 7 / 2, 7 % 3, 7.0 / 2, 1 << 40, ~5, 9223372036854775807 + 1;

-- Full-text search and the R-tree.
CREATE VIRTUAL TABLE note USING fts5(title, body);
INSERT INTO note SELECT name, name || ' was born in ' || born || ' and scored ' || score FROM person WHERE id <= 3000;
SELECT count(*) FROM note WHERE note MATCH 'born AND 19*';
SELECT title, snippet(note, 1, '[', ']', '...', 6) FROM note WHERE note MATCH '"in 1984"' ORDER BY rank, title LIMIT 4;
CREATE VIRTUAL TABLE box USING rtree(id, x0, x1, y0, y1);
INSERT INTO box SELECT id, score, score + 1, born, born + 2 FROM person WHERE id <= 4000;
SELECT count(*), min(id), max(id) FROM box WHERE x0 > 20 AND x1 < 40 AND y0 > 1950 AND y1 < 1970;

-- Triggers, views, constraints; two statements fail.
CREATE TABLE log (what TEXT, at INTEGER UNIQUE);
CREATE TRIGGER remember AFTER DELETE ON person BEGIN INSERT INTO log VALUES ('gone: ' || old.name, old.id); END;
DELETE FROM person WHERE id BETWEEN 100 AND 104;
SELECT * FROM log;
INSERT INTO log VALUES ('again', 102);
CREATE VIEW old AS SELECT * FROM person WHERE born < 1910;
SELECT count(*) FROM old;
SELECT nothing FROM nowhere;
VACUUM;
PRAGMA integrity_check;
SELECT length(group_concat(name, ',')), sum(length(name)) FROM (SELECT name FROM person ORDER BY name DESC);
