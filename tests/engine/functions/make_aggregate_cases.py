#!/usr/bin/env python3
"""Writes aggregate_cases.txt: what PostgreSQL 15 answers to aggregates of the engine over one group.

Usage: make_aggregate_cases.py PSQL_ARGUMENT... > aggregate_cases.txt
A line is the function, the type of its argument, the values separated by blanks, and the answer, separated by tabs.
"""
import random
import subprocess
import sys

NUMBERS = ["sum", "avg", "variance", "var_samp", "var_pop", "stddev", "stddev_samp", "stddev_pop"]
SQL = {"double": "float8"}

random.seed(11)
calls = []


def add(functions, kind, *groups):
    for values in groups:
        for function in functions:
            calls.append((function, kind, values))


def some(count, make):
    return [str(make()) for _ in range(count)]


whole = [["5"], ["5", "5", "5"], ["1", "2"], ["-3", "0", "4", "NULL"], ["NULL"], some(20, lambda: random.randint(-9, 9)),
         some(50, lambda: random.randint(-30000, 30000))]
add(NUMBERS + ["bit_and", "bit_or", "bit_xor"], "smallint", *whole)
add(NUMBERS + ["bit_and", "bit_or", "bit_xor"], "integer", *whole, ["2147483647", "-2147483648", "2147483647"],
    some(30, lambda: random.randint(-2**31, 2**31 - 1)))
add(NUMBERS + ["bit_and", "bit_or", "bit_xor"], "bigint", *whole, ["9223372036854775807", "9223372036854775806"],
    some(30, lambda: random.randint(-2**40, 2**40)))
add(NUMBERS, "numeric", *whole, ["1.5", "1.50", "2"], ["0.001", "0.002", "0.0030"], ["1000000.25", "999999.75", "1000000"],
    some(30, lambda: f"{random.uniform(-1000, 1000):.{random.randint(0, 6)}f}"))
add(["bool_and", "bool_or", "every"], "boolean", ["true"], ["true", "false"], ["false", "NULL"], ["NULL"], ["true", "NULL", "true"])


def main():
    script = []
    for function, kind, values in calls:
        rows = ", ".join(f"({v if v == 'NULL' else repr(v)}::{SQL.get(kind, kind)})" for v in values)
        script.append(f"select coalesce({function}(x)::text, 'NULL') from (values {rows}) as t (x);")
    answer = subprocess.run(["psql", "-X", "-q", "-A", "-t", *sys.argv[1:]], input="\n".join(script), text=True,
                            capture_output=True, check=True).stdout.split("\n")
    assert len(answer) == len(calls) + 1, (len(answer), len(calls))
    print("# PostgreSQL 15's answers, written by make_aggregate_cases.py.")
    for (function, kind, values), value in zip(calls, answer):
        if len(value.lstrip("-0.").replace(".", "")) <= 38:  # the engine's numerics end there
            print("\t".join([function, kind, " ".join(values), {"t": "true", "f": "false"}.get(value, value)]))


main()
