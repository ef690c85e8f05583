"""Makes the inputs of the workloads from seeds, once; a finished file is never changed."""
import pathlib
import random


def made(folder, name, lines, header=None):
    """The file of this name; written by `lines`, a generator of text, if it is not there."""
    path = pathlib.Path(folder) / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + '.partial')
        with open(partial, 'w', encoding='utf-8') as out:
            if header:
                out.write(header + '\n')
            block = []
            for line in lines():
                block.append(line)
                if len(block) == 50_000:
                    out.write('\n'.join(block) + '\n')
                    block.clear()
            out.write('\n'.join(block) + ('\n' if block else ''))
        partial.rename(path)
    return path


def words(folder, rows):
    draw = random.Random(1)
    names = [''.join(draw.choice('abcdefghijklmnopqrstuvwxyz') for _ in range(7)) for _ in range(5000)]
    return made(folder, f'words-{rows}.jsonl',
                lambda: (f'{{"word": "{names[int(draw.random() * 5000)]}"}}' for _ in range(rows)))


def words_wide(folder, rows):
    """The word is one of six fields, not the first; lengths differ, some are missing or null, some have escapes."""
    draw = random.Random(2)
    names = [''.join(draw.choice('abcdefghijklmnopqrstuvwxyz') for _ in range(1 + int(draw.random() * 20))) for _ in range(5000)]
    names[17], names[18] = 'quote\\"d', 'caf\\u00e9'

    def lines():
        for i in range(rows):
            at = draw.random()
            word = 'null' if at < 0.01 else f'"{names[int(draw.random() * 5000)]}"'
            text = '' if at > 0.99 else f', "term": {word}'
            yield f'{{"at": {i}, "user": {{"id": {i % 977}, "tags": ["a", "b"]}}{text}, "score": {at:.4f}, "ok": true}}'
    return made(folder, f'words-wide-{rows}.jsonl', lines)


def keys(folder, rows, distinct, part=0, parts=1):
    draw = random.Random(3 + part)
    return made(folder, f'keys-{rows}-{distinct}/{part}-of-{parts}.csv',
                lambda: (f'{int(draw.random() * distinct)},{int(draw.random() * 1_000_000)}' for _ in range(rows // parts)),
                header='k,v')


def keys_wide(folder, rows, distinct):
    """Key and value are two of six columns; text is quoted, a fiftieth of the values is missing, late ones are negative."""
    draw = random.Random(4)

    def lines():
        for i in range(rows):
            value = '' if draw.random() < 0.02 else int(draw.random() * 1_000_000) * (-1 if i > rows * 0.9 else 1)
            yield f'"row, {i}",{i % 13}.5,{value},"x ""y"" z",{int(draw.random() * distinct)},2024-01-0{1 + i % 9}'
    return made(folder, f'keys-wide-{rows}-{distinct}.csv', lines, header='note,price,amount,quoted,account,day')


def facts(folder, rows, distinct):
    draw = random.Random(5)
    return made(folder, f'facts-{rows}-{distinct}.csv',
                lambda: (f'{int(draw.random() * distinct)},{int(draw.random() * 1000)}' for _ in range(rows)), header='k,v')


def unique_dimension(folder, rows):
    draw = random.Random(6)
    return made(folder, f'unique-nr-{rows}.csv', lambda: (f'{i},{int(draw.random() * 100)}' for i in range(rows)), header='nr,g')


def many_dimension(folder, rows, distinct):
    draw = random.Random(7)
    return made(folder, f'many-nr-{rows}-{distinct}.csv',
                lambda: (f'{int(draw.random() * distinct)},{int(draw.random() * 100)}' for _ in range(rows)), header='nr,g')


def named_facts(folder, rows, distinct):
    """Text keys, the larger side has nulls and keys that the other lacks; columns in another order."""
    draw = random.Random(8)

    def lines():
        for i in range(rows):
            key = '' if draw.random() < 0.01 else f'customer-{int(draw.random() * distinct * 1.1):07d}'
            yield f'{i % 7},{int(draw.random() * 1000)},{key}'
    return made(folder, f'named-facts-{rows}-{distinct}.csv', lines, header='day,amount,customer')


def named_dimension(folder, rows):
    draw = random.Random(9)
    return made(folder, f'named-{rows}.csv',
                lambda: (f'"region {int(draw.random() * 100)}",customer-{i:07d}' for i in range(rows)), header='region,name')
