"""The corpus' files, and how the answers of another database are held against what they expect."""
import decimal


class QueryFailed(Exception):
    """A database's message against a statement."""


def blocks_of(text):
    """Statements and queries, each a list of lines."""
    block = []
    for line in text.split('\n') + ['']:
        if line.strip():
            block.append(line)
        elif block:
            yield block
            block = []


def same(ours, theirs):
    """Whether two cells are equal; numbers as numbers."""
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


def check(path, database, write):
    """The number of queries, and what differs. `database` has run(sql), and query(sql) that gives rows of texts or
    raises QueryFailed."""
    queries, wrong, out = 0, [], []
    with open(path, encoding='utf-8') as file:
        text = file.read()
    for block in blocks_of(text):
        out.append(block)
        head = next((i for i, line in enumerate(block) if not line.startswith(('#', 'skipif '))), None)
        if head is None or f'skipif {database.name}' in block[:head]:
            continue
        bar = block.index('----') if '----' in block else len(block)
        sql = '\n'.join(block[head + 1:bar])
        if block[head] == 'statement ok':
            database.run(sql)
        elif block[head].startswith('query'):
            queries += 1
            try:
                rows = database.query(sql)
            except QueryFailed as error:
                wrong.append(f'{path}: {sql}\n  {database.name} {error}')
                continue
            if write and bar == len(block):
                block += ['----'] + sorted('\t'.join(row) for row in rows)
            elif not same_rows(block[bar + 1:], rows):
                wrong.append(f'{path}: {sql}\n  expected {block[bar + 1:]}\n  {database.name} {sorted(rows)}')
    if write:
        with open(path, 'w', encoding='utf-8') as file:
            file.write('\n\n'.join('\n'.join(block) for block in out) + '\n')
    return queries, wrong


def main(arguments, new_database):
    write = '--write' in arguments
    total, failed, name = 0, 0, ''
    for path in [argument for argument in arguments if argument != '--write']:
        with new_database() as database:
            name = database.name
            queries, wrong = check(path, database, write)
        total += queries
        failed += len(wrong)
        print('\n'.join(wrong), end='\n' if wrong else '')
    print(f'sql cases: {total} queries held against {name}, {failed} differ')
    return 1 if failed else 0
