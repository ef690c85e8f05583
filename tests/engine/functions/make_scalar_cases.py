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
REAL = ["0", "1", "-1", "0.5", "2.5", "-2.5", "3.7", "1e30", "-1e30", "1e-30", "NaN", "Infinity", "-Infinity", "123456.789", "1e6",
        "0.0001", "0.00001", "16777217"]
CLOCK = ["00:00:00", "12:34:56.789", "23:59:59.999999", "24:00:00", "01:02:03"]
BYTEA = ["", "\\x00", "\\xdeadbeef", "\\x6162", "\\xff00ff00ff00ff00ff00ff00ff"]
UUID = ["00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "ffffffff-ffff-ffff-ffff-ffffffffffff"]
INTERVAL = ["0", "1 day", "-1 day", "30 days", "1 mon", "1 year 2 mons 3 days 04:05:06.789", "-1 year 2 mons -3 days 04:05:06", "24:00:00",
            "-00:00:01.5", "100:00:00", "1 mon -1 day", "00:00:00.000001", "14 mons 45 days 50:00:00"]
INTERVAL_TEXTS = ["1 day", "1.5 days", "1 week 2 days", "1.5 months", "2.25 years", "1 year 2 months 3 days 4 hours 5 minutes 6 seconds",
                  "04:05", "04:05:06.7", "-04:05:06", "3 04:05:06", "1-2", "-1-2", "P1Y2M3DT4H5M6.7S", "P2W", "PT36H", "1 day ago",
                  "1 mon 2 days ago", "5", "1.5", "10 ms", "20 us", "1 decade", "1 century 1 millennium", "@ 1 minute", "1d 2h 3m 4s", "",
                  "x", "1 lightyear", "1 day 2", "-1 day +02:03", "1.5 weeks", "999999999999 years", "00:99:00", "1h", "1.2.3 days"]
JSON = ["1", "-1.50", "1e2", "true", "null", "\"a\"", "\"q\\\"\\\\\\b\\u00e9\\u0001\"", "[]", "{}", "[1, 2, [3, null]]", "{\"b\": 1, \"aa\": 2, \"a\": {\"c\": [true]}}",
        "{\"a\":1,\"a\":2}", "[\"a\", \"b\", 1, 1.0]", " [ 1 ,2 ] "]
VALUES = {"boolean": ["true", "false"], "smallint": SMALL, "integer": INTEGER, "bigint": BIGINT, "numeric": NUMERIC,
          "double": DOUBLE, "text": TEXT, "date": DATE, "timestamp": TIME, "timestamptz": TIME,
          "real": REAL, "time": CLOCK, "bytea": BYTEA, "uuid": UUID, "interval": INTERVAL}
ARRAYS = {"integer[]": ["{}", "{1}", "{1,2,3}", "{3,NULL,1}", "{NULL}", "{1,2}", "{-7,1,1}"],
          "text[]": ["{}", "{a}", "{\"b c\",NULL,a}", "{\"\",\"null\",\"{\"}", "{long text beyond twelve bytes}"],
          "numeric[]": ["{}", "{1.0}", "{1.00,2}", "{NULL,1.5}", "{1,NULL}", "{-0.5}"],
          "interval[]": ["{}", "{1 mon}", "{30 days,NULL}", "{-1 day}"], "boolean[]": ["{t,f,NULL}", "{f}"],
          "double[]": ["{NaN,1.5}", "{-Infinity}", "{}"], "date[]": ["{2026-01-31,NULL}", "{}"],
          "timestamp[]": ["{\"2026-01-31 12:34:56.5\"}", "{}"]}
ARRAY_TEXTS = ["{}", "{1,2}", " { 1 , NULL } ", "{1,2", "{1,,2}", "{\"1\"}", "{x}", "1", "", "{1}{2}", "{\\1}"]
# What is an element in SQL is an array of it among the engine's arguments.
ELEMENT_ARGUMENTS = {"array_append": [1], "array_prepend": [0], "array_position": [1], "array_positions": [1],
                     "array_remove": [1], "array_replace": [1, 2]}
NUMBER_TEXTS = ["1", " 42 ", "-7", "+5", "1.5", "1e3", "", "x", "99999999999999999999", "32768", "NaN", "inf", "-Infinity",
                ".5", "5.", "1_0", "--1", "1e400"]
BOOLEAN_TEXTS = ["t", "TRUE", "yes", "on", "1", "f", "no", "of", "off", "0", "o", "", "truex", " true "]
TIME_TEXTS = ["2026-01-31", "2026-01-31 12:00:00", "2026-01-31T12:00:00Z", "2026-02-30", "nope", "",
              "2026-01-31 12:00:00.123456", "2026-01-31 12:00:00+02", "2026-01-31 25:00:00", "0044-03-15 BC"]
FIELDS = ["microseconds", "milliseconds", "second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade",
          "century", "millennium", "isoyear", "dow", "isodow", "doy", "epoch", "nonsense"]

calls = []


def sql_type(kind):
    return kind.replace("double", "double precision")


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
        elements = [0] if name.endswith((" any", " all")) else ELEMENT_ARGUMENTS.get(name, [])
        values = ["{NULL}" if i in elements and value == "NULL" else value for i, value in enumerate(values)]
        calls.append((name, result, list(zip(kinds, values))))


def expression(name, result, arguments):
    values = [literal(*argument) for argument in arguments]
    for place in ELEMENT_ARGUMENTS.get(name, []):
        values[place] = f"({values[place]})[1]"
    if name.endswith((" any", " all")):
        return f"({values[0]})[1] {name}({values[1]})"
    if name == "array":
        return f"array[{values[0]}]"
    if name in ("[]", "[:]"):
        return f"({values[0]})[{':'.join(values[1:])}]"
    if name == "cast":
        return f"cast({values[0]} as {sql_type(result)})"
    if name in ("strpos", "position"):
        return f"strpos({values[0]}, {values[1]})"
    if name in ("#>", "#>>"):
        values[1] = values[1].replace("::text", "::text[]")
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
    for kind in ["smallint", "integer", "bigint", "numeric", "real", "double"]:
        for name in ["+", "-", "*", "/"] + ([] if kind in ("real", "double") else ["%", "mod"]):
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
    kinds = ["smallint", "integer", "bigint", "numeric", "real", "double"]
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


    make_calls_of_numbers()
    make_calls_of_bytes()
    make_calls_of_intervals()
    make_calls_of_json()


def make_calls_of_numbers():
    for kind in ["smallint", "integer", "bigint"]:
        for name in ["&", "|", "#"]:
            add(name, kind, [kind, kind], VALUES[kind], VALUES[kind])
        add("~", kind, [kind], VALUES[kind])
        for name in ["<<", ">>"]:
            add(name, kind, [kind, "integer"], VALUES[kind], ["0", "1", "5", "31"])
        if kind != "smallint":
            for name in ["gcd", "lcm"]:
                add(name, kind, [kind, kind], VALUES[kind], [*VALUES[kind], "12", "18"])
    add("width_bucket", "integer", ["double", "double", "double", "integer"], ["-1", "0", "0.5", "5", "9.99", "10", "11", "NaN"], ["0", "10"],
        ["10", "0"], ["4", "0", "1"])
    for name in ["quote_literal", "quote_nullable"]:
        add(name, "text", ["text"], TEXT + ["it's", "a\\b'c"])
    templates = ["YYYY-MM-DD HH24:MI:SS", "FMMonth FMDDth, YYYY", "Day, DD Mon YY", "HH12:MI AM", "HH:MI:SS.MS a.m.", "US FF3 SSSS", "DDD IDDD D ID",
                 "WW IW W Q CC J", "IYYY-IW-ID", "MONTH month MON mon", "DAY day DY dy", "RM rm FMRM", "BC a.d. Y,YYY YYY Y", "TZ OF TZH:TZM",
                 "\"quoted YYYY\" YYYY", "DDth DDTH", "FMHH24:FMMI", "x-y", ""]
    for kind in ["timestamp", "timestamptz"]:
        add("to_char", "text", [kind, "text"], TIME, templates[:9])
        add("to_char", "text", [kind, "text"], TIME, templates[9:])


def make_calls_of_bytes():
    add("cast", "bytea", ["text"], ["", "\\x", "\\xDEAD beef", "\\xabc", "\\xgg", "plain", "a\\\\b", "a\\101", "a\\9", "ü"])
    add("cast", "uuid", ["text"], [*UUID, "A0EEBC999C0B4EF8BB6D6BB9BD380A11", "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}", "a0eebc99", "", "x" * 32,
                                   "a0-eebc999c0b4ef8bb6d6bb9bd380a11"])
    add("cast", "time", ["text"], ["12:34", "12:34:56.7891234", "24:00:00", "24:00:01", "25:00", "", "x", "12:60"])
    add("||", "bytea", ["bytea", "bytea"], BYTEA, BYTEA)
    for name in ["length", "octet_length", "bit_length"]:
        add(name, "integer", ["bytea"], BYTEA)
    for name in ["substring", "substr"]:
        add(name, "bytea", ["bytea", "integer"], BYTEA, ["0", "1", "2", "-1", "100"])
        add(name, "bytea", ["bytea", "integer", "integer"], BYTEA, ["0", "1", "2", "-1"], ["0", "1", "3", "-1"])
    add("get_byte", "integer", ["bytea", "integer"], BYTEA, ["0", "1", "-1", "12"])
    add("encode", "text", ["bytea", "text"], BYTEA, ["hex", "base64", "escape", "x"])
    add("decode", "bytea", ["text", "text"], ["", "6162", "YWI=", "YW Jj", "a\\\\b", "a\\000", "Y", "zz"], ["hex", "base64", "escape"])
    add("convert_to", "bytea", ["text", "text"], TEXT, ["UTF8"])
    add("convert_from", "text", ["bytea", "text"], ["\\x6162", "\\xc3bc", "\\xff", "\\x00"], ["UTF8"])
    add("md5", "text", ["text"], TEXT)
    add("md5", "text", ["bytea"], [*BYTEA, "\\x" + "ab" * 55, "\\x" + "ab" * 64])
    for name in ["sha224", "sha256", "sha384", "sha512"]:
        add(name, "bytea", ["bytea"], [*BYTEA, "\\x" + "ab" * 55, "\\x" + "ab" * 56, "\\x" + "cd" * 111, "\\x" + "cd" * 112])


def make_calls_of_intervals():
    add("cast", "interval", ["text"], INTERVAL_TEXTS)
    add("cast", "interval", ["time"], CLOCK)
    add("cast", "time", ["interval"], INTERVAL)
    for kind in ["timestamp", "timestamptz"]:
        add("cast", "time", [kind], TIME)
        for name in ["+", "-"]:
            add(name, kind, [kind, "interval"], TIME, INTERVAL)
        add("+", kind, ["interval", kind], INTERVAL, TIME)
        add("-", "interval", [kind, kind], TIME, TIME)
        add("age", "interval", [kind, kind], TIME, TIME)
        add("date_bin", kind, ["interval", kind, kind], ["15 minutes", "1 day", "1 mon", "0", "-1 day", "00:00:00.7"], TIME, TIME[:3])
    for name in ["+", "-"]:
        add(name, "timestamp", ["date", "interval"], DATE, INTERVAL)
        add(name, "time", ["time", "interval"], CLOCK[:3], INTERVAL)
        add(name, "interval", ["interval", "interval"], INTERVAL, INTERVAL)
    add("+", "timestamp", ["date", "time"], DATE, CLOCK)
    add("-", "interval", ["time", "time"], CLOCK, CLOCK)
    add("-", "interval", ["interval"], INTERVAL)
    factors = ["0", "1", "2", "-1", "0.5", "1.5", "0.333", "1e300", "NaN"]
    add("*", "interval", ["interval", "double"], INTERVAL, factors[:-1])
    add("/", "interval", ["interval", "double"], INTERVAL, factors[:-2])
    for name in ["justify_hours", "justify_days", "justify_interval"]:
        add(name, "interval", ["interval"], INTERVAL + ["1 mon -1 hour", "-1 mon 1 hour", "40 days -30:00:00", "-40 days 30:00:00"])
    for field in FIELDS:
        add("extract", "numeric", ["text", "interval"], [field], INTERVAL)
        if field != "epoch":  # PostgreSQL adds doubles up
            add("date_part", "double", ["text", "interval"], [field], INTERVAL)
        add("extract", "numeric", ["text", "time"], [field], CLOCK)
    add("make_time", "time", ["integer", "integer", "double"], ["0", "12", "24", "-1"], ["0", "59", "60"], ["0", "1.5", "60"])
    zones = ["UTC", "GMT", "+02", "-05:30", "UTC+3", "-15"]
    add("timezone", "timestamp", ["text", "timestamptz"], zones, TIME[:4])
    add("timezone", "timestamptz", ["text", "timestamp"], zones, TIME[:4])
    add("timezone", "timestamp", ["interval", "timestamptz"], ["02:00", "-05:30", "1 day"], TIME[:4])
    add("timezone", "timestamptz", ["interval", "timestamp"], ["02:00", "-05:30", "1 mon"], TIME[:4])


def make_calls_of_json():
    add("cast", "jsonb", ["text"], JSON + ["", "{", "[1,]", "01", "tru", "{\"a\"}", "\"\\u0000\"", "\"\\ud83d\\ude00\"", "\"\\ud83d\"", "1 2"])
    add("cast", "text", ["jsonb"], JSON)
    for target in ["boolean", "smallint", "integer", "bigint", "numeric", "double"]:
        add("cast", target, ["jsonb"], ["1", "-1.50", "1e2", "100000", "true", "null", "\"1\"", "[]", "2.5"])
    for name, result in [("->", "jsonb"), ("->>", "text")]:
        add(name, result, ["jsonb", "text"], JSON, ["a", "aa", "b", "x", "0"])
        add(name, result, ["jsonb", "integer"], JSON, ["0", "1", "-1", "-9", "7"])
    for name, result in [("#>", "jsonb"), ("#>>", "text")]:
        add(name, result, ["jsonb", "text"], JSON, ["{}", "{a}", "{a,c,0}", "{2,0}", "{-1,1}", "{\"aa\"}"])
    add("?", "boolean", ["jsonb", "text"], JSON, ["a", "aa", "x", "1"])
    parts = ["1", "1.0", "\"a\"", "[1]", "[1, 1]", "{}", "[]", "{\"a\": {}}", "{\"b\": 1}", "[[3]]", "{\"a\": {\"c\": []}}", "null"]
    add("@>", "boolean", ["jsonb", "jsonb"], JSON, parts)
    add("<@", "boolean", ["jsonb", "jsonb"], parts, JSON)
    add("||", "jsonb", ["jsonb", "jsonb"], JSON, ["1", "{\"a\": 9}", "[7]", "{}", "[]"])
    add("-", "jsonb", ["jsonb", "text"], JSON, ["a", "b", "x"])
    add("jsonb_typeof", "text", ["jsonb"], JSON)
    add("jsonb_array_length", "integer", ["jsonb"], JSON)
    for kind in VALUES:
        add("to_jsonb", "jsonb", [kind], VALUES[kind])
    make_array_calls()


def make_array_calls():
    for kind, values in ARRAYS.items():
        element = kind[:-2]
        ones = ["{NULL}"] + [value for value in values if value != "{}" and "," not in value]
        for name in ["=", "<>", "<", "<=", ">", ">=", "@>", "<@", "&&"]:
            add(name, "boolean", [kind, kind], values, values)
        for name in ["||", "array_cat", "greatest", "least"]:
            add(name, kind, [kind, kind], values + ["NULL"], values[:3] + ["NULL"])
        for name in ["array_append", "array_remove"]:
            add(name, kind, [kind, kind], values, ones)
        add("array_prepend", kind, [kind, kind], ones, values)
        add("array_replace", kind, [kind, kind, kind], values, ones, ones)
        add("array_position", "integer", [kind, kind], values, ones)
        add("array_position", "integer", [kind, kind, "integer"], values, ones, ["2"])
        add("array_positions", "integer[]", [kind, kind], values, ones)
        for comparison in ["=", "<>", "<", "<=", ">", ">="]:
            for quantifier in ["any", "all"]:
                add(f"{comparison} {quantifier}", "boolean", [kind, kind], ones, values)
        add("[]", element, [kind, "integer"], values, ["0", "1", "2", "-1"])
        add("[:]", kind, [kind, "integer", "integer"], values, ["1", "2"], ["1", "2", "9"])
        add("trim_array", kind, [kind, "integer"], values, ["0", "1", "2", "-1"])
        add("cardinality", "integer", [kind], values)
        for name in ["array_length", "array_upper", "array_lower"]:
            add(name, "integer", [kind, "integer"], values, ["1", "2"])
        add("array_ndims", "integer", [kind], values)
        add("array_dims", "text", [kind], values)
        add("array_to_string", "text", [kind, "text"], values, [",", "NULL"])
        add("array_to_string", "text", [kind, "text", "text"], values, ["-"], ["*", "NULL"])
        add("cast", "text", [kind], values)
        add("to_jsonb", "jsonb", [kind], values)
        add("array", kind, [element], VALUES[element][:5] + ["NULL"])
    add("cast", "integer[]", ["text"], ARRAY_TEXTS)
    add("cast", "integer[]", ["numeric[]"], ARRAYS["numeric[]"] + ["{99999999999}"])
    add("cast", "text[]", ["integer[]"], ARRAYS["integer[]"])
    add("cast", "integer[]", ["text[]"], ["{1, 2,NULL}", "{x,1}", "{}"])
    add("cast", "varchar(2)[]", ["text[]"], ARRAYS["text[]"])
    add("cast", "numeric(4,1)[]", ["numeric[]"], ARRAYS["numeric[]"] + ["{12345}"])
    parts = ["", "a", "a,b", ",a,,", "Grüße", "a b"]
    add("string_to_array", "text[]", ["text", "text"], parts, [",", "", "NULL", "ß"])
    add("string_to_array", "text[]", ["text", "text", "text"], parts, [",", "NULL"], ["a", "", "NULL"])


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
        if name == "to_jsonb" and len(value) > 60:
            continue
        if name == "extract" and arguments[0][1] == "NULL":
            continue
        if value.startswith("ERROR("):
            code = value[6:-1]
            told = CODES.get(code, "INVALID_ARGUMENT")
            if code == "22008" and name != "cast":
                told = "NUMERIC_OUT_OF_RANGE" if result == "interval" else "INVALID_ARGUMENT"
            if name == "cast" and arguments[0][0] == "text" and told == "INVALID_ARGUMENT":
                told = "INVALID_TEXT"
            value = f"ERROR({told})"
        print("\t".join([name, *[f"{kind} {text}" for kind, text in arguments], f"{result} {value}"]))


main()
