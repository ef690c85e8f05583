-- Arrays: articles with tags, pushed over HTTP; how often each tag stands, and with which articles. Try it:
--   freshet apply -f config/examples/tags.sql --wait
--   freshet ingest tags articles <<< '{"id": 1, "title": "Streams", "tags": ["sql", "streaming"]}'
--   freshet rows tags per_tag
CREATE TABLE articles (id BIGINT PRIMARY KEY, title TEXT, tags TEXT[]);

CREATE MATERIALIZED VIEW per_tag WITH (key = 'tag') AS
SELECT tag, count(*) AS articles, array_agg(id ORDER BY id) AS ids
FROM articles, unnest(tags) AS tag
GROUP BY tag;

CREATE MATERIALIZED VIEW about_sql AS
SELECT id, title, tags[1] AS main_tag, cardinality(tags) AS tag_count
FROM articles
WHERE 'sql' = ANY (tags);
