"""DuckDB's answers to the examples' views over the same files."""
import math

import duckdb


def flights_oracle(data):
    """View name -> list of rows as dicts, computed by DuckDB."""
    db = duckdb.connect()
    for table in ('flights', 'airlines', 'airports', 'planes'):
        db.execute(f"create table {table} as select * from read_csv('{data}/{table}.csv', nullstr='NA', sample_size=-1)")
    db.execute('''create view enriched as
        select flights.*, airlines.name as airline, airlines.carrier as airline_carrier,
               airports.name as airport, airports.faa as faa, planes.tailnum as plane, planes.seats as seats
        from flights
        left join airlines on flights.carrier = airlines.carrier
        left join airports on flights.dest = airports.faa
        left join planes on flights.tailnum = planes.tailnum''')
    queries = {
        'by_carrier': '''select carrier, airline as name, count(*) as flights,
                count(*) filter (where dep_time is null) as cancelled, avg(dep_delay) as dep_delay,
                avg(arr_delay) as arr_delay, max(arr_delay)::double as worst, sum(seats)::bigint as seats
            from enriched group by all''',
        'by_day': '''select make_date(year, month, day)::varchar as day, count(*) as flights, avg(dep_delay) as dep_delay,
                count(*) filter (where dep_delay > 15) as late
            from flights group by make_date(year, month, day)''',
        'by_route': '''select origin, dest, airport, count(*) as flights, avg(arr_delay) as arr_delay,
                min(distance)::double as distance
            from enriched group by all''',
        'unmatched': '''select count(*) as flights, count(*) filter (where airline_carrier is null) as without_airline,
                count(*) filter (where faa is null) as without_airport,
                count(*) filter (where plane is null) as without_plane
            from enriched''',
    }
    answers = {}
    for view, query in queries.items():
        cursor = db.execute(query)
        names = [column[0] for column in cursor.description]
        answers[view] = [dict(zip(names, row)) for row in cursor.fetchall()]
    return answers


def words_oracle(data):
    """word -> count, by Python."""
    import collections
    import re
    counts = collections.Counter()
    with open(f'{data}/bible.txt', encoding='utf-8') as lines:
        for line in lines:
            counts.update(re.findall(r'[A-Za-z0-9\x80-\U0010ffff]+', line.lower()))
    return counts


def sort_key(row):
    return [(value is not None, str(value)) for value in row.values()]


def assert_same_rows(ours, theirs, key):
    """Equal as sets of rows; doubles to 12 digits, since DuckDB's sums depend on the order."""
    def by_key(rows):
        keyed = {tuple(row[column] for column in key): row for row in rows}
        assert len(keyed) == len(rows), 'a key stands twice'
        return keyed

    ours, theirs = by_key(ours), by_key(theirs)
    assert ours.keys() == theirs.keys()
    for row_key, expected in theirs.items():
        got = ours[row_key]
        assert got.keys() == expected.keys(), (got, expected)
        for column, value in expected.items():
            if isinstance(value, float) and got[column] is not None:
                assert math.isclose(float(got[column]), value, rel_tol=1e-12), (row_key, column, got, expected)
            else:
                assert got[column] == value, (row_key, column, got, expected)


FLIGHT_KEYS = {'by_carrier': ['carrier'], 'by_day': ['day'], 'by_route': ['origin', 'dest'], 'unmatched': ['flights']}
