#!/usr/bin/env python3
"""Random tables, changes and queries, answered by PostgreSQL and run in all configurations of sql_cases_test.

Usage: random_cases.py [--seeds FIRST-LAST | --endless FIRST] [--queries N] [--runner build/release/tests/sql_cases_test]
                       [--keep FOLDER]
A seed gives one case: tables, then in turns rows that come and go and queries, each query several times, so that its
view is maintained over changes. Needs Debian's postgresql. What differs is kept in FOLDER (default: build/random-cases), as a
file that sql_cases_test runs; make it small by hand and put it into the corpus."""
import argparse
import os
import random
import subprocess
import sys
import tempfile
from concurrent import futures

import postgres
from corpus import QueryFailed

# Small domains, so that rows meet and groups grow; times of day and lone decimals too, since their text is compared.
LITERALS = {
    'int': ['0', '1', '2', '3', '-1', '7', '12'],
    'bigint': ['0', '1', '5', '-4', '30000000000', '2'],
    'numeric(10,2)': ['0', '1.50', '-2.25', '100', '0.01', '3.10'],
    'text': ["'a'", "'b'", "'ab'", "''", "'Abc d'", "'a long text that is not inline'", "'%'"],
    'boolean': ['true', 'false'],
    'date': ["'2024-01-31'", "'2024-02-29'", "'1999-12-31'", "'2024-03-01'"],
    'timestamp': ["'2024-02-29 12:00:00'", "'2024-01-01 00:00:00'", "'1970-01-01 00:00:01.5'"],
    'double precision': ['0.5', '-1.5', '2', '1024.25', '0'],
    'int[]': ["'{}'", "'{1,2,3}'", "'{1,2}'", "'{3,NULL,1}'", "'{NULL}'", "'{7}'", "'{2,2}'"],
    'text[]': ["'{}'", "'{a}'", "'{a,\"\",NULL}'", "'{\"b c\",ab}'", "'{b,a}'"],
}
NUMBERS = ['int', 'bigint', 'numeric(10,2)', 'double precision']
WHOLE = ['int', 'bigint']
REALS = ['numeric(10,2)', 'double precision', None]
KINDS = list(LITERALS)
ELEMENTS = {'int[]': 'int', 'text[]': 'text'}


class Column:
    def __init__(self, name, kind):
        self.name = name
        self.kind = kind


class Generator:
    """The queries of one seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.tables = {}
        self.named = []  # queries in WITH
        self._names = 0

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, things):
        return self.random.choice(things)

    def fresh(self, letter):
        self._names += 1
        return f'{letter}{self._names}'

    # --- tables and their rows

    def declare(self):
        for name in ('t', 'u', 'w')[:self.random.randint(2, 3)]:
            columns = [Column('k', 'int'), Column('s', 'text')]
            for i in range(self.random.randint(1, 4)):
                columns.append(Column(f'c{i}', self.pick(KINDS)))
            self.tables[name] = columns
            listed = ', '.join(f'{column.name} {column.kind}' for column in columns)
            yield f'CREATE TABLE {name} ({listed})'

    def literal(self, kind):
        return self.pick(LITERALS[kind])

    def insert(self, table):
        rows = []
        for _ in range(self.random.randint(1, 8)):
            cells = ['NULL' if self.chance(0.15) else self.literal(column.kind) for column in self.tables[table]]
            rows.append(f'({", ".join(cells)})')
            if self.chance(0.2):
                rows.append(rows[-1])
        return f'INSERT INTO {table} VALUES {", ".join(rows)}'

    def delete(self, table):
        column = self.pick(self.tables[table])
        test = f'{column.name} IS NULL' if self.chance(0.2) else f'{column.name} = {self.constant(column.kind)}'
        return f'DELETE FROM {table} WHERE {test}'

    def constant(self, kind):
        literal = self.literal(kind)
        if kind in ('date', 'timestamp'):
            return f'{kind} {literal}'
        return f'CAST({literal} AS {kind})' if kind not in ('int', 'text', 'boolean') else literal

    # --- expressions, over columns in scope; none that can fail

    def column(self, scope, kinds):
        fitting = [name for name, kind in scope if kind in kinds]
        return self.pick(fitting) if fitting else None

    def value(self, scope, kind, depth=2):
        if depth <= 0 or self.chance(0.35):
            return self.column(scope, [kind]) or self.constant(kind)
        one = self.random.randint(0, 9)
        if one == 0:
            return f'CASE WHEN {self.condition(scope, depth - 1)} THEN {self.value(scope, kind, depth - 1)} ' \
                   f'ELSE {self.value(scope, kind, depth - 1)} END'
        if one == 1:
            return f'COALESCE({self.value(scope, kind, depth - 1)}, {self.value(scope, kind, depth - 1)})'
        if one == 2:
            return f'NULLIF({self.value(scope, kind, depth - 1)}, {self.value(scope, kind, depth - 1)})'
        if kind == 'boolean':
            return f'({self.condition(scope, depth - 1)})'
        if kind in NUMBERS:
            return self.number(scope, kind, depth)
        if kind == 'text':
            return self.text(scope, depth)
        if kind == 'date' and one < 6:
            return f'({self.value(scope, kind, depth - 1)} + {self.random.randint(-40, 40)})'
        if kind == 'timestamp' and one < 6:
            return f"date_trunc('{self.pick(['day', 'month', 'hour'])}', {self.value(scope, kind, depth - 1)})"
        if kind in ELEMENTS:
            return self.array(scope, kind, depth)
        return self.column(scope, [kind]) or self.constant(kind)

    def array(self, scope, kind, depth):
        inner, element = self.value(scope, kind, depth - 1), self.value(scope, ELEMENTS[kind], 0)
        return self.pick([
            f'ARRAY[{element}, {self.value(scope, ELEMENTS[kind], depth - 1)}]', f'({inner} || {element})',
            f'({element} || {inner})', f'({inner} || {self.value(scope, kind, 0)})', f'array_remove({inner}, {element})',
            f'array_replace({inner}, {element}, {self.constant(ELEMENTS[kind])})', f'({inner})[2:3]'])

    def number(self, scope, kind, depth):
        left = self.value(scope, kind, depth - 1)
        one = self.random.randint(0, 6)
        if one <= 2:
            return f'({left} {self.pick(["+", "-"])} {self.value(scope, kind, 0)})'
        if one == 3:
            return f'({left} * {self.pick(["2", "-1", "3"])})' if kind != 'numeric(10,2)' else f'abs({left})'
        if one == 4 and kind in WHOLE:
            return f'({left} {self.pick(["/", "%"])} {self.pick(["2", "3", "-7"])})'
        if one == 4 and kind == 'int' and self.chance(0.5):
            array = self.value(scope, 'int[]', depth - 1)
            return self.pick([f'({array})[{self.random.randint(0, 3)}]', f'cardinality({array})', f'array_length({array}, 1)',
                              f'array_position({array}, {self.value(scope, "int", 0)})'])
        if one == 5 and kind == 'int':
            return f'length({self.value(scope, "text", depth - 1)})'
        return f'(- {left})'

    def text(self, scope, depth):
        inner = self.value(scope, 'text', depth - 1)
        return self.pick([
            f'upper({inner})', f'lower({inner})', f'trim({inner})', f'substring({inner} FROM 2 FOR 2)',
            f"replace({inner}, 'a', 'xy')", f"array_to_string({self.value(scope, 'text[]', depth - 1)}, '-', '*')", f'({inner} || {self.value(scope, "text", 0)})',
            f'CAST({self.value(scope, self.pick(["int", "bigint", "date", "boolean"]), depth - 1)} AS text)'])

    def condition(self, scope, depth=2):
        one = self.random.randint(0, 11)
        if depth > 0 and one <= 2:
            return f'({self.condition(scope, depth - 1)} {self.pick(["AND", "OR"])} {self.condition(scope, depth - 1)})'
        if depth > 0 and one == 3:
            return f'NOT ({self.condition(scope, depth - 1)})'
        kind = self.pick(KINDS)
        if kind in ELEMENTS and one > 8:
            array, element = self.value(scope, kind, depth - 1), self.value(scope, ELEMENTS[kind], depth - 1)
            if one == 9:
                return f'{array} {self.pick(["@>", "<@", "&&"])} {self.value(scope, kind, 0)}'
            return f'{element} {self.pick(["=", "<>", "<", ">="])} {self.pick(["ANY", "ALL"])} ({array})'
        if one == 4:
            return f'{self.value(scope, kind, depth - 1)} IS {self.pick(["", "NOT "])}NULL'
        if one == 5:
            return f'{self.value(scope, "text", depth - 1)} {self.pick(["LIKE", "NOT LIKE", "ILIKE"])} ' \
                   f'{self.pick(["%a%", "a%", "_b", "%"])!r}'
        if one == 6:
            listed = ', '.join(self.constant(kind) for _ in range(self.random.randint(1, 4)))
            return f'{self.value(scope, kind, depth - 1)} {self.pick(["IN", "NOT IN"])} ({listed})'
        if one == 7:
            return f'{self.value(scope, kind, depth - 1)} BETWEEN {self.constant(kind)} AND {self.constant(kind)}'
        if one == 8:
            return f'{self.value(scope, kind, depth - 1)} IS {self.pick(["", "NOT "])}DISTINCT FROM ' \
                   f'{self.value(scope, kind, 0)}'
        return f'{self.value(scope, kind, depth - 1)} {self.pick(["=", "<>", "<", "<=", ">", ">="])} ' \
               f'{self.value(scope, kind, depth - 1)}'

    # --- queries: a text, and the columns it gives

    def relation(self, depth):
        """Something in FROM, and its columns by their qualified names."""
        alias = self.fresh('r')
        if self.named and self.chance(0.3):
            name, columns = self.pick(self.named)
            return f'{name} AS {alias}', [(f'{alias}.{column}', kind) for column, kind in columns]
        if depth > 0 and self.chance(0.25):
            text, columns = self.query(depth - 1)
            return f'({text}) AS {alias}', [(f'{alias}.{name}', kind) for name, kind in columns]
        table = self.pick(list(self.tables))
        return f'{table} AS {alias}', [(f'{alias}.{column.name}', column.kind) for column in self.tables[table]]

    def equality(self, left, right):
        """A join's condition that finds something now and then."""
        pairs = [(a, b) for a, kind in left for b, other in right if kind == other and kind != 'boolean']
        if not pairs:
            return None
        a, b = self.pick(pairs)
        return f'{a} = {b}'

    def source(self, depth):
        text, scope = self.relation(depth)
        for _ in range(self.pick([0, 0, 1, 1, 2])):
            kind = self.pick(list(ELEMENTS))
            if self.chance(0.1) and self.column(scope, [kind]):
                alias = self.fresh('n')
                text += f' CROSS JOIN unnest({self.value(scope, kind, 1)}) AS {alias}(x)'
                scope = scope + [(f'{alias}.x', ELEMENTS[kind])]
                continue
            if self.chance(0.12):
                other, columns = self.lateral(scope)
                text += f' CROSS JOIN {other}' if self.chance(0.5) else f' LEFT JOIN {other} ON true'
                scope = scope + columns
                continue
            other, columns = self.relation(depth)
            on = self.equality(scope, columns)
            kind = self.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN', 'JOIN', 'LEFT JOIN'])
            if on is None:
                text += f' CROSS JOIN {other}'
            elif kind == 'FULL JOIN':
                text += f' {kind} {other} ON {on}'
            else:
                extra = f' AND {self.condition(scope + columns, 1)}' if self.chance(0.3) else ''
                text += f' {kind} {other} ON {on}{extra}'
            scope = scope + columns
        return text, scope

    def correlation(self, scope, inner):
        """What a query compares with the one around it."""
        if self.chance(0.5):
            return self.equality(scope, inner) or 'true'
        kind = self.pick([kind for kind in KINDS if kind != 'boolean'])
        left, right = self.column(scope, [kind]), self.column(inner, [kind])
        if left is None or right is None:
            return self.condition(scope + inner, 1)
        return f'{left} {self.pick(["<", ">=", "<>", "IS NOT DISTINCT FROM"])} {right}'

    def lateral(self, scope):
        """A query in FROM that reads the items in front of it, and its columns."""
        text, inner = self.relation(0)
        where = f'WHERE {self.correlation(scope, inner)}'
        alias, name = self.fresh('l'), self.fresh('x')
        if self.chance(0.3):
            kind = self.pick(WHOLE)
            most = self.fresh('x')
            return f'LATERAL (SELECT count(*) AS {name}, max({self.value(scope + inner, kind, 1)}) AS {most} FROM {text} ' \
                   f'{where}) AS {alias}', [(f'{alias}.{name}', 'bigint'), (f'{alias}.{most}', kind)]
        kind = self.pick([kind for kind in KINDS if kind != 'numeric(10,2)'])
        limit = f' ORDER BY 1{self.pick(["", " DESC"])} LIMIT {self.random.randint(1, 3)}' if self.chance(0.5) else ''
        return f'LATERAL (SELECT {self.value(scope + inner, kind, 1)} AS {name} FROM {text} {where}{limit}) AS {alias}', \
            [(f'{alias}.{name}', kind)]

    def first_rows(self, text, columns):
        """All columns are in the order, so that rows that are equal in it are equal."""
        order = [f'{i + 1}{self.pick(["", " DESC"])}{self.pick(["", " NULLS FIRST", " NULLS LAST"])}'
                 for i in range(len(columns))]
        self.random.shuffle(order)
        offset = f' OFFSET {self.random.randint(1, 3)}' if self.chance(0.3) else ''
        return f'{text} ORDER BY {", ".join(order)} LIMIT {self.random.randint(0, 5)}{offset}'

    def where(self, scope, depth):
        tests = []
        if self.chance(0.5):
            tests.append(self.condition(scope))
        if depth > 0 and self.chance(0.35):
            test = self.subquery_test(scope, depth - 1)
            tests.append(f'({test} OR {self.condition(scope, 1)})' if self.chance(0.3) else test)
        return f' WHERE {" AND ".join(tests)}' if tests else ''

    def subquery_test(self, scope, depth):
        text, inner = self.relation(0)
        scalar = self.scalar(scope) if self.chance(0.3) else None
        if scalar:
            return f'{self.value(scope, scalar[1], 1)} {self.pick(["=", "<", ">="])} {scalar[0]}'
        if self.chance(0.5):
            extra = f' AND {self.condition(inner, 1)}' if self.chance(0.5) else ''
            return f'{self.pick(["EXISTS", "NOT EXISTS"])} (SELECT 1 FROM {text} ' \
                   f'WHERE {self.correlation(scope, inner)}{extra})'
        pairs = [(a, b) for a, kind in scope for b, other in inner if kind == other]
        if not pairs:
            return 'true'
        a, b = self.pick(pairs)
        where = self.condition(inner, 1) if self.chance(0.7) else self.correlation(scope, inner)
        test = self.pick(['IN', 'NOT IN', 'IN', 'NOT IN', '< ANY', '>= ALL', '<> ALL'])
        return f'{a} {test} (SELECT {b} FROM {text} WHERE {where})'

    def aggregate(self, scope):
        """A call, and its type; None: a type that is used no further."""
        one = self.random.randint(0, 8)
        where = f' FILTER (WHERE {self.condition(scope, 1)})' if self.chance(0.25) else ''
        distinct = 'DISTINCT ' if self.chance(0.2) else ''
        if one == 0:
            return f'count(*){where}', 'bigint'
        if one == 1:
            return f'count({distinct}{self.value(scope, self.pick(KINDS), 1)}){where}', 'bigint'
        if one == 2:
            return f'sum({distinct}{self.value(scope, "int", 1)}){where}', 'bigint'
        if one == 3:
            return f'sum({self.value(scope, self.pick(["bigint", "numeric(10,2)", "double precision"]), 1)}){where}', None
        if one == 4:
            return f'avg({distinct}{self.value(scope, "int", 1)}){where}', None
        if one == 5:
            return f'{self.pick(["bool_and", "bool_or"])}({self.value(scope, "boolean", 1)}){where}', 'boolean'
        if one == 8:
            kind = self.pick(list(ELEMENTS))
            value = self.value(scope, ELEMENTS[kind], 1)
            return f'array_agg({distinct}{value} ORDER BY {value}{self.pick(["", " DESC"])}){where}', kind
        kind = self.pick([kind for kind in KINDS if kind != 'boolean'])
        return f'{self.pick(["min", "max"])}({self.value(scope, kind, 1)}){where}', \
            kind if kind != 'numeric(10,2)' else None

    def scalar(self, scope):
        """A query as a value, correlated now and then, and its kind; None: there is nothing to ask for."""
        text, inner = self.relation(0)
        kind = self.pick([kind for kind in KINDS if kind not in ('boolean', 'numeric(10,2)')])
        column = self.column(inner, [kind])
        on = self.correlation(scope, inner) if self.chance(0.7) else None
        where = f' WHERE {on}' if on else ''
        if self.chance(0.4):
            return f'(SELECT count(*) FROM {text}{where})', 'bigint'
        return (f'(SELECT {self.pick(["min", "max"])}({column}) FROM {text}{where})', kind) if column else None

    def select(self, depth):
        text, scope = self.source(depth)
        where = self.where(scope, depth)
        if self.chance(0.45):
            return self.grouped(text, scope, where)
        columns, listed = [], []
        for _ in range(self.random.randint(1, 4)):
            kind = self.pick(KINDS)
            name = self.fresh('x')
            scalar = self.scalar(scope) if depth > 0 and self.chance(0.12) else None
            if depth > 0 and self.chance(0.1):
                scalar = self.subquery_test(scope, 0), 'boolean'
            value, kind = scalar or (self.value(scope, kind), kind)
            listed.append(f'{value} AS {name}')
            columns.append((name, kind))
        distinct = 'DISTINCT ' if self.chance(0.25) else ''
        text = f'SELECT {distinct}{", ".join(listed)} FROM {text}{where}'
        return self.first_rows(text, columns) if self.chance(0.15) else text, columns

    def grouped(self, text, scope, where):
        keys, columns, listed = [], [], []
        for _ in range(self.pick([0, 1, 1, 1, 2])):
            kind = self.pick(KINDS)
            key = self.column(scope, [kind]) if self.chance(0.6) else self.value(scope, kind, 1)
            # A constant is no group, and a column may come only once.
            if key is None or '.' not in key or key in keys:
                continue
            keys.append(key)
            name = self.fresh('x')
            listed.append(f'{key} AS {name}')
            columns.append((name, kind))
        for _ in range(self.random.randint(1, 3)):
            call, kind = self.aggregate(scope)
            name = self.fresh('x')
            listed.append(f'{call} AS {name}')
            columns.append((name, kind))
        group = f' GROUP BY {", ".join(keys)}' if keys else ''
        if keys and self.chance(0.25):
            group = f' GROUP BY {self.pick(["ROLLUP", "CUBE"])} ({", ".join(keys)})'
            name = self.fresh('x')
            listed.append(f'GROUPING({", ".join(keys)}) AS {name}')
            columns.append((name, 'int'))
        having = f' HAVING count(*) {self.pick([">", "<", "<>"])} {self.random.randint(0, 3)}' \
            if self.chance(0.2) else ''
        text = f'SELECT {", ".join(listed)} FROM {text}{where}{group}{having}'
        return self.first_rows(text, columns) if self.chance(0.1) else text, columns

    def half(self, kinds):
        """One side of a set operation, and its names."""
        text, scope = self.source(0)
        names = [self.fresh('x') for _ in kinds]
        listed = ', '.join(f'{self.value(scope, kind, 1)} AS {name}' for kind, name in zip(kinds, names))
        return f'SELECT {listed} FROM {text}{self.where(scope, 0)}', names

    def set_operation(self):
        kinds = [self.pick(KINDS) for _ in range(self.random.randint(1, 3))]
        text, names = self.half(kinds)
        for _ in range(self.pick([1, 1, 2])):
            operator = self.pick(['UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT', 'INTERSECT ALL', 'EXCEPT ALL'])
            text = f'({text}) {operator} {self.half(kinds)[0]}'
        return text, list(zip(names, kinds))

    def query(self, depth=2, whole=False):
        """A query, and the columns that it gives; below the top (unless it is `whole`) only those of a kind that expressions know."""
        if depth == 2 and self.chance(0.2):
            name = self.fresh('q')
            text, columns = self.query(1)
            self.named = [(name, columns)] if columns else []
            outer, columns = self.query(1, whole=True)
            self.named = []
            return f'WITH {name} AS ({text}) {outer}', columns
        if self.chance(0.12):
            return self.set_operation()
        text, columns = self.select(depth)
        return text, [(name, kind) for name, kind in columns if kind is not None] if depth < 2 and not whole else columns


class Usable:
    """What PostgreSQL answers; a query that it refuses is left out."""

    def __init__(self, generator, connection, wanted):
        self.queries = []
        for _ in range(wanted * 5):
            if len(self.queries) == wanted:
                break
            text, columns = generator.query()
            if not columns:
                continue
            try:
                connection.query(text)
            except QueryFailed:
                continue
            self.queries.append((text, ''.join('R' if kind in REALS else 'T' for _, kind in columns)))


def make_case(seed, server, wanted):
    """The text of a case."""
    generator = Generator(seed)
    blocks = [f'# Seed {seed} of random_cases.py.']
    with postgres.Connection(server) as connection:
        for statement in generator.declare():
            connection.run(statement)
            blocks.append(f'statement ok\n{statement}')
        usable = Usable(generator, connection, wanted)
        for _ in range(3):
            for _ in range(generator.random.randint(1, 4)):
                table = generator.pick(list(generator.tables))
                change = generator.delete(table) if generator.chance(0.3) else generator.insert(table)
                connection.run(change)
                blocks.append(f'statement ok\n{change}')
            for text, types in usable.queries:
                try:
                    rows = sorted('\t'.join(row) for row in connection.query(text))
                except QueryFailed:  # over these rows; whoever compares sees the other moments
                    continue
                blocks.append('\n'.join([f'query {types} rowsort', text, '----', *rows]))
    return '\n\n'.join(blocks) + '\n'


def run_cases(runner, folder):
    """The runner's output; None: all is as expected."""
    done = subprocess.run([os.path.abspath(runner), f'--cases={folder}', '--gtest_brief=1'], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return None if done.returncode == 0 else done.stdout


def seeds_of(arguments):
    if arguments.endless is not None:
        seed = arguments.endless
        while True:
            yield seed
            seed += 1
    first, last = map(int, arguments.seeds.split('-'))
    yield from range(first, last + 1)


def run_seed(seed, server, arguments):
    """Whether its case ran as expected."""
    with tempfile.TemporaryDirectory() as folder:
        case = make_case(seed, server, arguments.queries)
        with open(f'{folder}/seed_{seed}.test', 'w', encoding='utf-8') as file:
            file.write(case)
        output = run_cases(arguments.runner, folder)
    if output is None:
        return True
    os.makedirs(arguments.keep, exist_ok=True)
    with open(f'{arguments.keep}/seed_{seed}.test', 'w', encoding='utf-8') as file:
        file.write(case)
    print(f'seed {seed}: kept in {arguments.keep}/seed_{seed}.test\n{output[:4000]}')
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seeds', default='1-50')
    parser.add_argument('--endless', type=int)
    parser.add_argument('--queries', type=int, default=8)
    parser.add_argument('--runner', default='build/release/tests/sql_cases_test')
    parser.add_argument('--keep', default='build/random-cases')
    arguments = parser.parse_args()
    ran, failed = 0, 0
    with postgres.Server() as server, futures.ThreadPoolExecutor(2) as pool:
        pending = set()
        for seed in seeds_of(arguments):
            pending.add(pool.submit(run_seed, seed, server, arguments))
            if len(pending) < 4:
                continue
            done, pending = futures.wait(pending, return_when=futures.FIRST_COMPLETED)
            ran += len(done)
            failed += sum(not each.result() for each in done)
        ran += len(pending)
        failed += sum(not each.result() for each in pending)
    print(f'random queries: {ran} seeds of {arguments.queries} queries, {failed} seeds differ from PostgreSQL')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
