"""The workloads that are one pass over files: what they read, what is asked, and the same question for DuckDB and Pathway."""
import dataclasses

import inputs

ROWS = 5_000_000


@dataclasses.dataclass
class Batch:
    name: str
    files: list          # (label, path): label stands in `definition` and `sql` as {label}
    rows: int
    definition: str      # YAML; paths relative to the folder of the inputs
    sql: str
    pathway: str         # the body of a function of pw that gives the table whose rows are written
    floor: float         # times as fast as DuckDB
    goal: float

    def text(self, template, folder):
        for label, path in self.files:
            template = template.replace('{' + label + '}', str(path.relative_to(folder)))
        return template




def words(folder):
    path = inputs.words(folder, ROWS)
    return Batch('words', [('words', path)], ROWS, '''name: words
tables:
  lines: {columns: [{name: word, type: text}], sources: [{connector: files, path: {words}, format: json, mode: static}]}
views:
  counts: {materialized: true, key: [word], aggregate: {input: lines, keys: {word: word}, values: {n: "count(*)"}}}
''', '''SELECT word, count(*) AS n FROM read_json('{words}', format = 'newline_delimited', columns = {word: 'VARCHAR'}) GROUP BY word''',
                 '''
    t = pw.io.jsonlines.read('{words}', schema=pw.schema_from_types(word=str), mode='static')
    return t.groupby(t.word).reduce(t.word, n=pw.reducers.count())''', 1.0, 2.0)


def words_wide(folder):
    path = inputs.words_wide(folder, ROWS // 2)
    return Batch('words-wide', [('words', path)], ROWS // 2, '''name: words_wide
tables:
  events: {columns: [{name: term, type: text}], sources: [{connector: files, path: {words}, format: json, mode: static}]}
views:
  counts: {materialized: true, aggregate: {input: events, keys: {term: term}, values: {n: "count(*)"}}}
''', '''SELECT term, count(*) AS n FROM read_json('{words}', format = 'newline_delimited', columns = {term: 'VARCHAR'}) GROUP BY term''',
                 '''
    t = pw.io.jsonlines.read('{words}', schema=pw.schema_from_types(term=str | None), mode='static')
    return t.groupby(t.term).reduce(t.term, n=pw.reducers.count())''', 1.0, 2.0)


def keys_of(name, folder, paths, pattern):
    return Batch(name, [('keys', pattern)], ROWS, '''name: keys
tables:
  t: {columns: [{name: k, type: bigint}, {name: v, type: bigint}], sources: [{connector: files, path: "{keys}", format: csv, mode: static}]}
views:
  g: {aggregate: {input: t, keys: {k: k}, values: {n: "count(*)", s: "sum(v)", m: "max(v)"}}}
  total: {materialized: true, aggregate: {input: g, values: {groups: "count(*)", n: "sum(n)", s: "sum(s)", m: "sum(m)"}}}
''', '''SELECT count(*), sum(n), sum(s), sum(m) FROM (SELECT k, count(*) AS n, sum(v) AS s, max(v) AS m FROM read_csv('{keys}') GROUP BY k)''',
                 '''
    t = pw.io.csv.read('{keys}', schema=pw.schema_from_types(k=int, v=int), mode='static')
    g = t.groupby(t.k).reduce(t.k, n=pw.reducers.count(), s=pw.reducers.sum(t.v), m=pw.reducers.max(t.v))
    return g.reduce(groups=pw.reducers.count(), n=pw.reducers.sum(g.n), s=pw.reducers.sum(g.s), m=pw.reducers.sum(g.m))''',
                 1.0, 2.0)


def keys(folder):
    path = inputs.keys(folder, ROWS, 2_400_000)
    return keys_of('keys', folder, [path], path)


def keys_8(folder):
    paths = [inputs.keys(folder, ROWS, 2_400_001, part, 8) for part in range(8)]
    return keys_of('keys-8', folder, paths, paths[0].parent / '*.csv')


def keys_wide(folder):
    path = inputs.keys_wide(folder, ROWS // 2, 1_200_000)
    return Batch('keys-wide', [('keys', path)], ROWS // 2, '''name: keys_wide
tables:
  t:
    columns: [{name: account, type: bigint}, {name: amount, type: bigint}, {name: note, type: text}]
    sources: [{connector: files, path: {keys}, format: csv, mode: static}]
views:
  g: {aggregate: {input: t, keys: {account: account}, values: {n: "count(amount)", s: "sum(amount)", m: "max(amount)"}}}
  total: {materialized: true, aggregate: {input: g, values: {groups: "count(*)", n: "sum(n)", s: "sum(s)", m: "sum(m)"}}}
''', '''SELECT count(*), sum(n), sum(s), sum(m) FROM
  (SELECT account, count(amount) AS n, sum(amount) AS s, max(amount) AS m FROM read_csv('{keys}') GROUP BY account)''', '''
    t = pw.io.csv.read('{keys}', schema=pw.schema_from_types(account=int, amount=int | None), mode='static')
    t = t.filter(t.amount.is_not_none())
    t = t.select(t.account, amount=pw.unwrap(t.amount))
    g = t.groupby(t.account).reduce(t.account, n=pw.reducers.count(), s=pw.reducers.sum(t.amount), m=pw.reducers.max(t.amount))
    return g.reduce(groups=pw.reducers.count(), n=pw.reducers.sum(g.n), s=pw.reducers.sum(g.s), m=pw.reducers.sum(g.m))''',
                 1.0, 2.0)


def join_of(name, facts, dimension, primary_key):
    return Batch(name, [('facts', facts), ('dimension', dimension)], ROWS, '''name: joined
tables:
  facts: {columns: [{name: k, type: bigint}, {name: v, type: bigint}], sources: [{connector: files, path: {facts}, format: csv, mode: static}]}
  dimension:
    columns: [{name: nr, type: bigint}, {name: g, type: bigint}]
    %ssources: [{connector: files, path: {dimension}, format: csv, mode: static}]
views:
  pairs: {join: {left: facts, right: dimension, kind: inner, condition: "facts.k = dimension.nr"}}
  by_g: {materialized: true, key: [g], aggregate: {input: pairs, keys: {g: dimension.g}, values: {n: "count(*)", s: "sum(v)"}}}
''' % ('primary_key: [nr]\n    ' if primary_key else ''),
                 '''SELECT g, count(*), sum(v) FROM read_csv('{facts}') JOIN read_csv('{dimension}') ON k = nr GROUP BY g''', '''
    f = pw.io.csv.read('{facts}', schema=pw.schema_from_types(k=int, v=int), mode='static')
    d = pw.io.csv.read('{dimension}', schema=pw.schema_from_types(nr=int, g=int), mode='static')
    p = f.join(d, f.k == d.nr).select(d.g, f.v)
    return p.groupby(p.g).reduce(p.g, n=pw.reducers.count(), s=pw.reducers.sum(p.v))''', 0.7, 1.5)


def join(folder):
    return join_of('join', inputs.facts(folder, ROWS, 1_000_000), inputs.unique_dimension(folder, 1_000_000), True)


def join_many(folder):
    return join_of('join-many', inputs.facts(folder, ROWS, 1_000_000), inputs.many_dimension(folder, ROWS, 1_000_000), False)


def join_named(folder):
    facts, dimension = inputs.named_facts(folder, ROWS // 2, 500_000), inputs.named_dimension(folder, 500_000)
    return Batch('join-named', [('facts', facts), ('dimension', dimension)], ROWS // 2, '''name: joined
tables:
  dimension:
    columns: [{name: name, type: text}, {name: region, type: text}]
    primary_key: [name]
    sources: [{connector: files, path: {dimension}, format: csv, mode: static}]
  sales:
    columns: [{name: customer, type: text}, {name: amount, type: bigint}]
    sources: [{connector: files, path: {facts}, format: csv, null_string: "", mode: static}]
views:
  pairs: {join: {left: dimension, right: sales, kind: inner, condition: "dimension.name = sales.customer"}}
  by_region: {materialized: true, aggregate: {input: pairs, keys: {region: region}, values: {n: "count(*)", s: "sum(amount)"}}}
''', '''SELECT region, count(*), sum(amount) FROM read_csv('{dimension}') JOIN read_csv('{facts}') ON name = customer GROUP BY region''', '''
    d = pw.io.csv.read('{dimension}', schema=pw.schema_from_types(region=str, name=str), mode='static')
    f = pw.io.csv.read('{facts}', schema=pw.schema_from_types(customer=str, amount=int), mode='static')
    p = d.join(f, d.name == f.customer).select(d.region, f.amount)
    return p.groupby(p.region).reduce(p.region, n=pw.reducers.count(), s=pw.reducers.sum(p.amount))''', 0.7, 1.5)


BATCHES = {'words': words, 'words-wide': words_wide, 'keys': keys, 'keys-8': keys_8, 'keys-wide': keys_wide, 'join': join,
           'join-many': join_many, 'join-named': join_named}
