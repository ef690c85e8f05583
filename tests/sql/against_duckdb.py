#!/usr/bin/env python3
"""Runs the corpus on DuckDB and compares its answers with the expected ones; numbers are compared as numbers.

Usage: against_duckdb.py [--write] FILE.test...
--write puts DuckDB's answers where a query has none yet."""
import datetime
import decimal
import sys

import duckdb


def cell(value):
    if value is None:
        return 'NULL'
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, float):
        return f'{value:.15g}'
    if isinstance(value, (datetime.date, decimal.Decimal)):
        return str(value)
    return str(value) or '(empty)'


def same(ours, theirs):
    if ours == theirs:
        return True
    try:
        return abs(decimal.Decimal(ours) - decimal.Decimal(theirs)) <= abs(decimal.Decimal(theirs)) * decimal.Decimal('1e-9')
    except decimal.InvalidOperation:
        return False


def same_rows(expected, rows):
    if len(expected) != len(rows):
        return False
    left = [line.split('\t') for line in expected]
    for row in rows:
        found = next((each for each in left if len(each) == len(row) and all(map(same, each, row))), None)
        if found is None:
            return False
        left.remove(found)
    return True


def blocks_of(text):
    block = []
    for line in text.split('\n') + ['']:
        if line.strip():
            block.append(line)
        elif block:
            yield block
            block = []


def check(path, write):
    """The number of queries, and what differs."""
    connection = duckdb.connect()
    connection.execute('SET integer_division = true')
    queries, wrong, out = 0, [], []
    with open(path, encoding='utf-8') as file:
        text = file.read()
    for block in blocks_of(text):
        out.append(block)
        bar = block.index('----') if '----' in block else len(block)
        sql = '\n'.join(block[1:bar])
        if block[0] == 'statement ok':
            connection.execute(sql)
        elif block[0].startswith('query'):
            queries += 1
            rows = [[cell(value) for value in row] for row in connection.execute(sql).fetchall()]
            if write and bar == len(block):
                block += ['----'] + sorted('\t'.join(row) for row in rows)
            elif not same_rows(block[bar + 1:], rows):
                wrong.append(f'{path}: {sql}\n  expected {block[bar + 1:]}\n  DuckDB   {sorted(rows)}')
    if write:
        with open(path, 'w', encoding='utf-8') as file:
            file.write('\n\n'.join('\n'.join(block) for block in out) + '\n')
    return queries, wrong


def main():
    write = '--write' in sys.argv
    total, failed = 0, 0
    for path in [argument for argument in sys.argv[1:] if argument != '--write']:
        queries, wrong = check(path, write)
        total += queries
        failed += len(wrong)
        print('\n'.join(wrong), end='\n' if wrong else '')
    print(f'sql cases: {total} queries held against DuckDB, {failed} differ')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
