#!/usr/bin/env python3
"""Writes scalar_cases.txt: what PostgreSQL 15 answers to calls of the engine's scalar functions.

Usage: make_scalar_cases.py PSQL_ARGUMENT... > scalar_cases.txt
A line is the function, its arguments as `type value`, and the answer as `type value`, separated by tabs; a value may be
NULL or, as an answer, ERROR(CODE).
"""
import itertools
import subprocess
import sys

EVALUATE = """
set timezone = 'UTC';
set client_min_messages = error;
create or replace function pg_temp.evaluate(expression text) returns text language plpgsql as $$
declare answer text;
begin
  execute 'select (' || expression || ')::text' into answer;
  return coalesce(answer, 'NULL');
exception when others then
  return 'ERROR(' || sqlstate || ')';
end $$;
"""

CODES = {"22003": "NUMERIC_OUT_OF_RANGE", "22012": "DIVISION_BY_ZERO", "22P02": "INVALID_TEXT", "22007": "INVALID_TEXT",
         "22008": "INVALID_TEXT"}

SMALL = ["0", "1", "-1", "7", "-7", "32767", "-32768"]
INTEGER = ["0", "1", "-1", "2", "-3", "10", "2147483647", "-2147483648"]
BIGINT = ["0", "1", "-1", "5", "-12", "9223372036854775807", "-9223372036854775808"]
NUMERIC = ["0", "1", "-1", "0.5", "-2.5", "3.14159", "1.00", "10", "99999.9999", "-0.001", "123456789012345678",
           "0.00000012", "7", "3", "1e20"]
DOUBLE = ["0", "1", "-1", "0.5", "1.5", "2.5", "-2.5", "3.7", "1e300", "-1e300", "1e-300", "NaN", "Infinity",
          "-Infinity", "123456.789", "1e15", "0.0001", "0.00001"]
TEXT = ["", "a", "abc", "Hello World", "  padded  ", "aXbXc", "Grüße, Ωmega ЖУК", "100%", "a_b", "long text beyond twelve bytes"]
DATE = ["2026-01-31", "1970-01-01", "1969-12-31", "2000-02-29", "1900-03-01", "0001-01-01", "2024-12-30", "2021-01-03"]
TIME = ["2026-01-31 12:34:56.789", "1970-01-01 00:00:00", "1969-12-31 23:59:59.999999", "2000-02-29 00:00:01.5",
        "2024-12-30 23:00:00", "2021-01-03 01:02:03", "1999-12-31 23:59:59"]
VALUES = {"boolean": ["true", "false"], "smallint": SMALL, "integer": INTEGER, "bigint": BIGINT, "numeric": NUMERIC,
          "double": DOUBLE, "text": TEXT, "date": DATE, "timestamp": TIME, "timestamptz": TIME}
NUMBER_TEXTS = ["1", " 42 ", "-7", "+5", "1.5", "1e3", "", "x", "99999999999999999999", "32768", "NaN", "inf", "-Infinity",
                ".5", "5.", "1_0", "--1", "1e400"]
BOOLEAN_TEXTS = ["t", "TRUE", "yes", "on", "1", "f", "no", "of", "off", "0", "o", "", "truex", " true "]
TIME_TEXTS = ["2026-01-31", "2026-01-31 12:00:00", "2026-01-31T12:00:00Z", "2026-02-30", "nope", "",
              "2026-01-31 12:00:00.123456", "2026-01-31 12:00:00+02", "2026-01-31 25:00:00", "0044-03-15 BC"]
FIELDS = ["microseconds", "milliseconds", "second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade",
          "century", "millennium", "isoyear", "dow", "isodow", "doy", "epoch", "nonsense"]

calls = []


def sql_type(kind):
    return "double precision" if kind == "double" else kind


def literal(kind, value):
    quoted = "NULL" if value == "NULL" else "'" + value.replace("'", "''") + "'"
    return f"({quoted})::{sql_type(kind)}"


def add(name, result, kinds, *lists):
    """Calls with every combination of the values, thinned out to about 50."""
    combinations = list(itertools.product(*lists))
    step = max(1, len(combinations) // 50)
    if step > 1 and step % 2 == 0:
        step += 1
    for values in combinations[::step] + [tuple("NULL" if i == 0 else v[0] for i, v in enumerate(lists))]:
        calls.append((name, result, list(zip(kinds, values))))


def expression(name, result, arguments):
    values = [literal(*argument) for argument in arguments]
    if name == "cast":
        return f"cast({values[0]} as {sql_type(result)})"
    if name in ("strpos", "position"):
        return f"strpos({values[0]}, {values[1]})"
    if not name[0].isalpha():
        return f"{name} {values[0]}" if len(values) == 1 else f"{values[0]} {name} {values[1]}"
    if name == "extract":
        return f"extract({arguments[0][1]} from {values[1]})"
    return f"{name}({', '.join(values)})"


def make_calls():
    for kind, values in VALUES.items():
        for name in ["=", "<>", "<", "<=", ">", ">="]:
            add(name, "boolean", [kind, kind], values, values)
        for name in ["greatest", "least"]:
            add(name, kind, [kind, kind], values[:4] + ["NULL"], values[:4] + ["NULL"])
    for kind in ["smallint", "integer", "bigint", "numeric", "double"]:
        for name in ["+", "-", "*", "/"] + ([] if kind == "double" else ["%", "mod"]):
            add(name, kind, [kind, kind], VALUES[kind], VALUES[kind])
        for name in ["-", "abs"]:
            add(name, kind, [kind], VALUES[kind])
    for name in ["floor", "ceil", "ceiling", "round", "trunc", "sign"]:
        add(name, "numeric", ["numeric"], NUMERIC)
        add(name, "double", ["double"], DOUBLE)
    for name in ["round", "trunc"]:
        add(name, "numeric", ["numeric", "integer"], NUMERIC, ["0", "1", "2", "5", "-1", "-2", "-5"])
    for name in ["sqrt", "ln", "log", "cbrt", "degrees"]:
        add(name, "double", ["double"], ["0", "1", "2", "100", "NaN", "Infinity", "-4"] if name != "degrees" else ["1", "2"])
    add("exp", "double", ["double"], ["0", "1", "2", "NaN", "Infinity", "-Infinity", "1000"])
    add("power", "double", ["double", "double"], ["0", "1", "2", "-2", "NaN", "1e300"], ["0", "1", "2", "-1", "0.5", "3"])
    kinds = ["smallint", "integer", "bigint", "numeric", "double"]
    for a, b in itertools.permutations(kinds, 2):
        add("cast", b, [a], VALUES[a])
    for kind in VALUES:
        if kind != "text":
            add("cast", "text", [kind], VALUES[kind])
    for kind in kinds:
        add("cast", kind, ["text"], NUMBER_TEXTS)
    add("cast", "boolean", ["text"], BOOLEAN_TEXTS)
    add("cast", "boolean", ["integer"], INTEGER)
    add("cast", "integer", ["boolean"], VALUES["boolean"])
    for kind in ["date", "timestamp", "timestamptz"]:
        add("cast", kind, ["text"], TIME_TEXTS)
    for a, b in itertools.permutations(["date", "timestamp", "timestamptz"], 2):
        add("cast", b, [a], VALUES[a])
    for target in ["numeric(5,2)", "numeric(3,0)", "numeric(38,10)"]:
        for kind in ["numeric", "integer", "double", "text"]:
            add("cast", target, [kind], NUMBER_TEXTS[:5] if kind == "text" else VALUES[kind])
    for name in ["length", "char_length", "octet_length", "bit_length", "ascii"]:
        add(name, "integer", ["text"], TEXT)
    for name in ["lower", "upper", "initcap", "btrim", "ltrim", "rtrim", "reverse"]:
        add(name, "text", ["text"], TEXT)
    for name in ["btrim", "ltrim", "rtrim"]:
        add(name, "text", ["text", "text"], TEXT, ["", " ", "ab", "Hd", "Gß К"])
    for name in ["position", "strpos"]:
        add(name, "integer", ["text", "text"], TEXT, ["", "a", "X", "World", "Ω"])
    add("starts_with", "boolean", ["text", "text"], TEXT, ["", "a", "Hello", "Grü"])
    for name in ["||", "concat"]:
        add(name, "text", ["text", "text"], TEXT, TEXT + ["NULL"])
    numbers = ["0", "1", "2", "5", "-1", "-3", "100"]
    for name in ["left", "right", "repeat", "substring", "substr", "lpad", "rpad"]:
        add(name, "text", ["text", "integer"], TEXT, numbers[:6] if name == "repeat" else numbers)
    for name in ["substring", "substr"]:
        add(name, "text", ["text", "integer", "integer"], TEXT, numbers, numbers)
    for name in ["lpad", "rpad"]:
        add(name, "text", ["text", "integer", "text"], TEXT, ["0", "3", "15", "-1"], ["", "x", "üb"])
    add("replace", "text", ["text", "text", "text"], TEXT, ["", "a", "X", "World"], ["", "--", "long replacement text"])
    add("translate", "text", ["text", "text", "text"], TEXT, ["abc", "Xü", "l"], ["", "12", "äöü"])
    add("split_part", "text", ["text", "text", "integer"], TEXT, ["", "X", " ", "xy"], ["0", "1", "2", "3", "-1", "-2"])
    add("chr", "text", ["integer"], ["65", "228", "8364", "128512", "0"])
    add("to_hex", "text", ["integer"], INTEGER)
    add("to_hex", "text", ["bigint"], BIGINT)
    patterns = ["", "%", "a%", "%c", "%b%", "a_c", "_", "%o W%", "100\\%", "a\\_b", "%ü%", "a%X%c", "__", "%_%_%", "HELLO%", "gr_ße%", "\\"]
    for name in ["~~", "!~~", "~~*", "!~~*"]:
        add(name, "boolean", ["text", "text"], TEXT[1:], patterns[:-1])
    add("like_escape", "text", ["text", "text"], ["a%", "a!%", "!!", "a\\b", "100#%"], ["!", "#", "", "\\", "xx"])
    add("+", "date", ["date", "integer"], DATE, ["0", "1", "-40", "366"])
    add("+", "date", ["integer", "date"], ["0", "1", "-40", "366"], DATE)
    add("-", "date", ["date", "integer"], DATE, ["0", "1", "-40", "366"])
    add("-", "integer", ["date", "date"], DATE, DATE)
    add("make_date", "date", ["integer"] * 3, ["2024", "2023", "-44", "0"], ["1", "2", "13"], ["1", "29", "31"])
    add("make_timestamp", "timestamp", ["integer"] * 5 + ["double"], ["2024"], ["2"], ["29", "30"], ["0", "24"], ["0", "59"], ["0", "1.5", "60"])
    add("to_timestamp", "timestamptz", ["double"], ["0", "1", "1.5", "-1.25", "1769862896.789"])
    for kind in ["timestamp", "timestamptz"]:
        add("date_trunc", kind, ["text", kind], [f for f in FIELDS if f not in ("isoyear", "dow", "isodow", "doy", "epoch")], TIME)
    for kind in ["date", "timestamp", "timestamptz"]:
        add("extract", "numeric", ["text", kind], FIELDS, VALUES[kind])
        add("date_part", "double", ["text", kind], FIELDS, VALUES[kind])


def main():
    make_calls()
    script = [EVALUATE]
    for call in calls:
        text = expression(*call).replace("'", "''")
        script.append(f"select pg_temp.evaluate('{text}');")
    answer = subprocess.run(["psql", "-X", "-q", "-A", "-t", *sys.argv[1:]], input="\n".join(script), text=True,
                            capture_output=True, check=True).stdout.split("\n")
    assert len(answer) == len(calls) + 1, (len(answer), len(calls))
    print("# PostgreSQL 15's answers, written by make_scalar_cases.py.")
    for (name, result, arguments), value in zip(calls, answer):
        # Past 38 digits the engine rounds or fails; its numeric has no NaN. A field to extract is a word of the syntax.
        digits, _, behind_point = value.lstrip("-").partition(".")
        if result.startswith("numeric") and (len(digits.lstrip("0") + behind_point) > 38 or value.endswith(("NaN", "nfinity"))):
            continue
        if name == "extract" and arguments[0][1] == "NULL":
            continue
        if value.startswith("ERROR("):
            code = value[6:-1]
            invalid = code == "22008" and name != "cast"
            value = f"ERROR({'INVALID_ARGUMENT' if invalid else CODES.get(code, 'INVALID_ARGUMENT')})"
        print("\t".join([name, *[f"{kind} {text}" for kind, text in arguments], f"{result} {value}"]))


main()
