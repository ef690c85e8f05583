"""Changes definitions by text, as a user's editor would."""
import pathlib


def with_options(path, options, data_folder='data'):
    """Writes a copy beside `path` with `options:` set and the data folder's name replaced; returns its path."""
    path = pathlib.Path(path)
    lines = path.read_text().replace('path: data/', f'path: {data_folder}/').splitlines()
    name = next(i for i, line in enumerate(lines) if line.startswith('name:'))
    lines.insert(name + 1, f'options: {options}')
    copy = path.with_stem(path.stem + '-changed')
    copy.write_text('\n'.join(lines) + '\n')
    return copy


def with_broker(path, address):
    """Writes a copy beside `path` with the broker's address replaced; returns its path."""
    path = pathlib.Path(path)
    copy = path.with_stem(path.stem + '-changed')
    copy.write_text(path.read_text().replace('localhost:9092', address))
    return copy
