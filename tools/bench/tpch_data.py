"""TPC-H's tables as CSV files, by DuckDB's generator, and its 22 queries as DuckDB has them.

Usage: tpch_data.py SCALE FOLDER       (0.01 is 10 MB, 1 is 1.1 GB)"""
import pathlib
import re
import sys

TABLES = ('region', 'nation', 'supplier', 'part', 'partsupp', 'customer', 'orders', 'lineitem')


def connect(database=':memory:'):
    """DuckDB with its extension tpch, both from packages: nothing is fetched while it runs."""
    import duckdb  # noqa: PLC0415 - those who only want the names need neither
    import duckdb_extension_tpch  # noqa: PLC0415
    connection = duckdb.connect(database)
    folder = pathlib.Path(duckdb_extension_tpch.__file__).parent
    extension = next(folder.glob(f'extensions/v{duckdb.__version__}/*.duckdb_extension'))
    connection.execute(f"LOAD '{extension}'")
    return connection


def generate(connection, scale):
    connection.execute(f'CALL dbgen(sf = {float(scale)})')


def write_tables(connection, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for table in TABLES:
        partial = folder / f'{table}.csv.partial'
        connection.execute(f"COPY {table} TO '{partial}' (FORMAT csv, HEADER)")
        partial.rename(folder / f'{table}.csv')


def queries(connection):
    """Number -> text."""
    return dict(connection.execute('SELECT query_nr, query FROM tpch_queries()').fetchall())


def declarations(script):
    """A script's CREATE TABLE statements without their sources, as DuckDB takes them."""
    return [re.sub(r'\)\s*WITH \(connector.*', ')', statement, flags=re.S)
            for statement in re.findall(r'^CREATE TABLE.*?;', script, flags=re.M | re.S)]


def write_batches(tables, folder, rows):
    """Changes of one order in a hundred and of its items, as CSV files of so many rows."""
    import duckdb  # noqa: PLC0415
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    moved = ', '.join(f'{column} + 30 AS {column}' for column in ('l_shipdate', 'l_commitdate', 'l_receiptdate'))
    changed = {'orders': 'o_totalprice + 1 AS o_totalprice, o_orderdate + 30 AS o_orderdate',
               'lineitem': f'51 - l_quantity AS l_quantity, {moved}'}
    for table, columns in changed.items():
        key = table[0] + '_orderkey'
        query = f"SELECT * REPLACE ({columns}) FROM read_csv('{tables}/{table}.csv') WHERE {key} % 100 = 7 ORDER BY ALL"
        connection = duckdb.connect()
        connection.execute(f'CREATE TABLE changed AS {query}')
        (count,) = connection.execute('SELECT count(*) FROM changed').fetchone()
        for number, first in enumerate(range(0, count, rows)):
            connection.execute(f"COPY (FROM changed LIMIT {rows} OFFSET {first}) TO '{folder}/{number:04}-{table}.csv' (FORMAT csv, HEADER)")


def main():
    scale, folder = sys.argv[1:]
    connection = connect()
    generate(connection, scale)
    write_tables(connection, folder)


if __name__ == '__main__':
    main()
