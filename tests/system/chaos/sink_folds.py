"""What sinks wrote, folded epoch by epoch as their readers do: the money adds up at each, and the last one is the view."""
import collections
import csv
import json
import pathlib

from chaos.bank import SINK_VIEWS
from chaos.readers import MONEY, check_money
from sink_reader import current_records, file_lines, sink_records


def check_repeats(records, sink):
    """A record that came again is the one that came first."""
    first = {}
    for record in records:
        partition, _, epoch, sequence, key, value = record
        came = first.setdefault((partition, epoch, sequence), (key, value))
        assert came == (key, value), f'sink {sink}: {record} stood there before as {came}'
    return len(records) - len(first)


def changes_of_topic(broker, sink, upserts):
    """Epoch -> [(row, weight)], and how many records came again."""
    records = sink_records(broker, sink)
    repeated = check_repeats(records, sink)
    rows, epochs = {}, collections.defaultdict(list)
    for _, _, epoch, _, key, value in current_records(records)[0]:
        if not upserts:
            epochs[epoch].append((value['row'], value['weight']))
            continue
        old = rows.pop(key, None)
        assert old is not None or value is not None, f'sink {sink}: a tombstone for {key}, which was not there'
        if old is not None:
            epochs[epoch].append((old, -1))
        if value is not None:
            rows[key] = value
            epochs[epoch].append((value, 1))
    return epochs, repeated


def changes_of_json_files(folder, sink):
    epochs = collections.defaultdict(list)
    for lines in file_lines(folder, sink).values():
        numbers = [line['epoch'] for line in lines]
        assert numbers == sorted(numbers), f'sink {sink}: epochs go back'
        for line in lines:
            epochs[line['epoch']].append((line['row'], line['weight']))
    return epochs


def changes_of_csv_files(folder, sink):
    """Integer columns as such, as in JSON."""
    epochs = collections.defaultdict(list)
    for path in sorted(pathlib.Path(folder).glob(f'{sink}-*.csv*')):
        text = path.read_text()
        for line in csv.DictReader(text[:text.rfind('\n') + 1].splitlines()):
            epoch, weight = int(line.pop('__epoch')), int(line.pop('__weight'))
            epochs[epoch].append(({**line, 'accounts': int(line['accounts'])}, weight))
    return epochs


def fold(epochs, sink):
    """The rows at the end; the money is checked at each epoch."""
    view = SINK_VIEWS[sink]
    rows, accounts, balance = collections.Counter(), 0, 0
    for epoch in sorted(epochs):
        for row, weight in epochs[epoch]:
            rows[json.dumps(row, sort_keys=True)] += weight
            accounts += weight * MONEY[view](row)
            balance += weight * int(row['balance'])
        check_money(view, epoch, accounts, balance, f'sink {sink}')
    wrong = {row: count for row, count in rows.items() if count not in (0, 1)}
    assert not wrong, f'sink {sink}: rows stand there {wrong} times'
    return +rows


def fold_all(broker, folder):
    """Sink -> its rows; the number of epochs, and of records that came again."""
    holdings, holdings_again = changes_of_topic(broker, 'holdings', upserts=True)
    regions, regions_again = changes_of_topic(broker, 'regions', upserts=False)
    changes = {'holdings': holdings, 'regions': regions, 'activity': changes_of_json_files(folder, 'activity'),
               'regions_csv': changes_of_csv_files(folder, 'regions_csv')}
    folds = {sink: fold(epochs, sink) for sink, epochs in changes.items()}
    return folds, sum(map(len, changes.values())), holdings_again + regions_again

