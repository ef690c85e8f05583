#!/usr/bin/env python3
"""Runs the corpus on DuckDB and compares its answers with the expected ones; numbers are compared as numbers.

Usage: against_duckdb.py [--write] FILE.test...
--write puts DuckDB's answers where a query has none yet."""
import datetime
import decimal
import sys

import corpus
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


class DuckDb:
    """One database in memory."""
    name = 'duckdb'

    def __enter__(self):
        self._connection = duckdb.connect()
        self._connection.execute('SET integer_division = true')
        self._connection.execute("SET default_null_order = 'nulls_last_on_asc_first_on_desc'")
        return self

    def __exit__(self, *_):
        self._connection.close()

    def run(self, sql):
        self._connection.execute(sql)

    def query(self, sql):
        try:
            return [[cell(value) for value in row] for row in self._connection.execute(sql).fetchall()]
        except duckdb.Error as error:
            raise corpus.QueryFailed(str(error)) from error


if __name__ == '__main__':
    sys.exit(corpus.main(sys.argv[1:], DuckDb))
