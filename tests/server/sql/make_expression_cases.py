#!/usr/bin/env python3
"""Writes expression_cases.txt: what PostgreSQL 15 answers to expressions in SQL text, over one row of columns.

Usage: make_expression_cases.py PSQL_ARGUMENT... > expression_cases.txt
A line is the expression, a tab, and the answer as text: NULL, or ERROR where PostgreSQL refuses to compute it.
"""
import subprocess
import sys

ROW = "(values ('Hello World'::text, 7, null::text, true, 'a%b_c!d'::text, 2.50::numeric, null::integer)) v(s, i, e, f, p, n, z)"

EVALUATE = """
create or replace function pg_temp.evaluate(expression text) returns text language plpgsql as $$
declare answer text;
begin
  execute 'select (' || expression || ')::text from ' || $r$ROW$r$ into answer;
  return coalesce(answer, 'NULL');
exception when others then
  return 'ERROR';
end $$;
""".replace('ROW', ROW)

EXPRESSIONS = r"""
-1
- 1
-(1)
- - 3
-(-(-(4)))
-0
0
-2147483648
-2147483649
- /* 5 /* 6 */ 7 */ 8
-1.5
i + -5
i * (-1)
i > -1
i in (-7, -1, 7)
-i
round(n, -1)
'-3'::integer
(-3)::numeric(5,2)
abs(-12)
i - -1
s like 'Hello%'
s like 'Hello!%' escape '!'
p like 'a!%b!_c!!d' escape '!'
p like 'a#%b#_c!d' escape '#'
p not like 'a#%%' escape '#'
p like 'a%' escape ''
p ilike 'A#%B%' escape '#'
p not ilike 'A#%B%' escape '#'
p like 'a' escape e
p like 'a' escape 'xx'
s ~~ '%World'
s ~~* 'hello%'
s !~~ 'x%'
s !~~* 'HELLO%'
i between 1 and 9
i between 9 and 1
i between symmetric 9 and 1
i not between symmetric 9 and 1
i between symmetric z and 1
i between symmetric z and 9
i not between 1 and 3
i is distinct from 7
i is not distinct from 7
z is distinct from 7
z is not distinct from null
z is distinct from z
i in (1, 2, 3, 7)
i in (1, 2, null)
i in (7, null)
i not in (1, 2, null)
i not in (1, 2)
greatest(i, 3, 9, z)
least(i, 3, 9, z)
greatest(i)
least(i, n, 1)
greatest(z, z)
greatest('a', s, 'Z')
concat(s)
concat(e)
concat(s, i, e, f, n)
concat(f, not f, z, '!')
concat(1, 2, 3, 4, 5, 6, 7, 8, 9)
concat('a', null, 'b')
concat_ws(', ', s, i, e, f, n)
concat_ws(', ', e, z)
concat_ws(e, s, i)
concat_ws('', s, i)
concat_ws('-', e)
concat_ws('-', s)
concat_ws('--', z, s, z, i, z)
concat_ws(',', '', '', 'x')
overlay(s placing 'XYZ' from 3)
overlay(s placing 'XYZ' from 3 for 1)
overlay(s placing '' from 1 for 6)
overlay(s placing 'XYZ' from 100)
overlay(s placing 'XYZ' from 1 for 100)
overlay(s placing 'XYZ' from 0)
overlay(s placing 'XYZ' from -3)
overlay(s placing e from 2)
overlay(s placing 'XYZ' from z)
overlay(s placing 'ü' from 2 for 2)
position('World' in s)
position('x' in s)
position('' in s)
position(e in s)
substring(s from 7)
substring(s from 7 for 3)
substring(s for 4)
substring(s from 0 for 3)
substring(s from 2 for -1)
trim(s)
trim(both 'Hd' from s)
trim(leading 'H' from s)
trim(trailing 'd' from s)
trim('Hd' from s)
trim(both from '  x  ')
extract(year from date '2013-05-17')
extract(doy from date '2013-05-17')
extract(epoch from timestamp '2013-05-17 12:30:00')
extract(hour from timestamp '2013-05-17 12:30:00')
date_trunc('month', timestamp '2013-05-17 12:30:00') = timestamp '2013-05-01 00:00:00'
nullif(i, 7)
nullif(i, 8)
coalesce(z, i)
case i when 7 then 'seven' when z then 'null' else 'other' end
f is true
f is not true
f is unknown
(z > 1) is unknown
s || i::text
s || e
i::numeric(5,2)
'12' + i
upper(s) = 'HELLO WORLD' and not f is false
i in (1, 2, 3, 4, 5, 6, 7, 8, 9)
i in (1, 2, 3, 4, 5, 6, 8, 9, 10)
i in (1, 2, 3, 4, 5, 6, 8, 9, null)
i not in (1, 2, 3, 4, 5, 6, 8, 9, null)
i not in (1, 2, 3, 4, 5, 6, 8, 9, 10)
i in (1, 2, 3, 4, 5, 6, 7, 8, null)
z in (1, 2, 3, 4, 5, 6, 7, 8, 9)
n in (1, 2, 2.5, 3, 4, 5, 6, 7, 8)
s in ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'Hello World')
s not in ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
i in (1, 2, 3, 4, 5, 6, 8, 9, 10, i)
s || i
i || s
s || n || f
'a' || 1
1.50 || 'a'
s || z
s || date '2013-05-17'
s || f
s ~ 'World'
s ~ '^World'
s ~* 'WORLD$'
s !~ 'world'
s !~* 'world'
s ~ e
e ~ s
s ~ 'l{2}o\s'
s ~ '\yWorld\y'
s ~ '\AHello\Z'
s ~ '\AHello'
s ~ '[[:upper:]][[:lower:]]+ [^a-z]'
s ~ '(x|Wor)ld'
s ~ '(?:Hello) (?:World)'
s ~ '(?i)hello'
s ~* '(?c)hello'
s ~ '***=llo W'
s ~ '***=llo.W'
s ~ '***:llo.W'
s ~ '('
s ~ 'a**'
s ~ '['
s ~ '[[:nothing:]]'
s ~ 'a{2,1}'
s ~ 'a{1,256}'
s ~ '\'
s ~ 'x*'
s ~ ''
'a{b' ~ 'a{b'
'a}b' ~ 'a}b'
'a]b' ~ '[]]'
'a]b' ~ '[^]ab]'
'a\b' ~ '[\\]'
'a-b' ~ '[a-]-'
'a^b' ~ '[b^]b'
E'a\nb' ~ 'a.b'
E'a\nb' ~ '(?n)a.b'
E'a\nb' ~ 'a$'
E'a\nb' ~ '(?n)a$'
E'a\nb' ~ '(?w)a$'
E'a\nb' ~ '(?p)a$'
E'a\nb' ~ '(?w)a.b'
E'a\nb' ~ '(?n)a[^x]b'
E'a\nb' ~ 'a[^x]b'
E'a\nb' ~ '(?n)a\Db'
'aü1_' ~ '^\w+$'
'aü1_' ~ '^[\w]+$'
'a b' ~ '\W'
'ÄÖ' ~* 'äö'
'Ä' ~ '[[:upper:]]'
'12٣' ~ '^\d+$'
'123' ~ '^[\d]+$'
'a1' ~ '\D'
E'a\tb' ~ 'a\sb'
'ab' ~ 'a\Sb?'
'a,b' ~ 'a[[:punct:]]b'
'a€b' ~ 'a\u20acb'
'aAb' ~ 'a\x41'
'日本' ~ '^..$'
'日本' ~ '^[日本]+$'
'a.b' ~ 'a\.b'
'axb' ~ 'a\.b'
regexp_like(s, 'world')
regexp_like(s, 'world', 'i')
regexp_like(s, 'world', 'ic')
regexp_like(s, 'World', 'g')
regexp_like(s, 'World', 'k')
regexp_like(s, 'o.W', 'q')
regexp_like(E'a\nb', '^b', 'n')
regexp_like(E'a\nb', '^b', 'w')
regexp_replace(s, 'o', '0')
regexp_replace(s, 'o', '0', 'g')
regexp_replace(s, 'O', '0', 'gi')
regexp_replace(s, '(\w+) (\w+)', '\2 \1')
regexp_replace(s, 'l+', '<\&>', 'g')
regexp_replace(s, 'l+?', '<\&>', 'g')
regexp_replace(s, '(l)(x)?', '[\1\2]', 'g')
regexp_replace(s, 'l', '\\', 'g')
regexp_replace(s, 'l', '\a\0\', 'g')
regexp_replace(s, '', '-')
regexp_replace(s, '', '-', 'g')
regexp_replace('abc', 'x*', '-', 'g')
regexp_replace('aab', 'a*', '-', 'g')
regexp_replace('日本', 'x*', '-', 'g')
regexp_replace(s, 'Hel|Hello', '-')
regexp_replace('foobar', 'foo|foob|foobar', '<\&>')
regexp_replace('aaa', 'a{1,2}', '-', 'g')
regexp_replace('aaaa', 'a{2,3}?', '-', 'g')
regexp_replace('xay', 'x.*?y', '-')
regexp_replace('ab ab', '^ab', '-', 'g')
regexp_replace('ab ab', 'ab$', '-', 'g')
replace(regexp_replace(E'ab\nab', '^ab', '-', 'gn'), E'\n', '/')
regexp_replace(s, e, '-')
regexp_replace(s, 'o', e)
regexp_replace('a.b.c', '.', '-', 'gq')
regexp_replace(s, '(', '-')
regexp_replace('  two  words ', '^\s+|\s+$', '', 'g')
regexp_replace('2013-05-17', '(\d+)-(\d+)-(\d+)', '\3.\2.\1')
regexp_replace('aAbB', '[[:lower:]]', '', 'g')
regexp_replace('abcabc', '(a)(b)(c)', '\3\2\1', 'g')
""".strip().splitlines()


def main():
    sql = EVALUATE + ''.join(f'select pg_temp.evaluate($q${each}$q$);\n' for each in EXPRESSIONS)
    done = subprocess.run(['psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', *sys.argv[1:]], input=sql, text=True,
                          capture_output=True, check=True)
    answers = done.stdout.splitlines()
    assert len(answers) == len(EXPRESSIONS), (len(answers), len(EXPRESSIONS), done.stderr)
    print("# PostgreSQL 15's answers, written by make_expression_cases.py.")
    for expression, answer in zip(EXPRESSIONS, answers):
        print(f'{expression}\t{answer}')


main()
