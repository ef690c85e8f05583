"""What every view must be, by plain Python over all that was acknowledged and all that stands in topics and files."""
import collections
import csv
import json
import pathlib

from chaos.bank import ACCOUNTS


class Inputs:
    """All rows that went in: `transfers` (rows of the ledger) and `ceilings` (records in their order) as acknowledged,
    the rest as it stands in the broker and the folder."""

    def __init__(self, broker, folder, ledger, ceilings):
        self.ledger, self.ceilings = ledger, ceilings
        self.orders = [json.loads(line) for line in broker.consume('orders')]
        self.accounts = {}
        for message in sorted(broker.consume_json('accounts'), key=lambda each: (each['partition'], each['offset'])):
            if message['payload'] is None:
                self.accounts.pop(int(message['key']), None)
            else:
                row = json.loads(message['payload'])
                self.accounts[row['id']] = row['region']
        self.visits = []
        for path in pathlib.Path(folder, 'visits').glob('*.csv'):
            with open(path, encoding='utf-8', newline='') as file:
                self.visits += [(int(row['account']), int(row['seconds'])) for row in csv.DictReader(file)]

    def write_pushed(self, folder):
        """As files, for a batch."""
        for name, rows in (('ledger', self.ledger), ('ceilings', self.ceilings)):
            pathlib.Path(folder, f'{name}.jsonl').write_text(''.join(json.dumps(row) + '\n' for row in rows))

    def count(self):
        return len(self.ledger) + len(self.ceilings) + len(self.orders) + len(self.visits)


def views_of(inputs):
    """View -> rows as HTTP shows them."""
    balance, entries, writers = collections.Counter(), collections.Counter(), collections.defaultdict(list)
    for row in inputs.ledger:
        balance[row['account']] += row['amount']
        entries[row['account']] += 1
        writers[row['writer']].append(row)
    orders, visits = collections.defaultdict(list), collections.defaultdict(list)
    for row in inputs.orders:
        orders[row['account']].append(row['amount'])
    for account, seconds in inputs.visits:
        visits[account].append(seconds)
    ceilings = {}
    for record in inputs.ceilings:
        (kind, row), = record.items()
        if kind == 'delete':
            ceilings.pop(row['account'], None)
        else:
            ceilings[row['account']] = row['ceiling']
    regions = collections.defaultdict(list)
    for account in entries:
        if account in inputs.accounts:
            regions[inputs.accounts[account]].append(balance[account])

    def summed(values):
        return str(sum(values)) if values else None

    return {
        'balances': [{'account': a, 'balance': str(balance[a]), 'entries': n} for a, n in entries.items()],
        'holdings': [{'account': a, 'region': inputs.accounts[a], 'balance': str(balance[a])}
                     for a in entries if a in inputs.accounts],
        'by_region': [{'region': region, 'accounts': len(held), 'balance': str(sum(held))}
                      for region, held in regions.items()],
        'by_writer': [{'writer': writer, 'entries': len(rows), 'last': max(row['transfer'] for row in rows),
                       'net': str(sum(row['amount'] for row in rows))} for writer, rows in writers.items()],
        'activity': [{'account': a, 'balance': str(balance[a]), 'orders': len(orders[a]) or None,
                      'ordered': summed(orders[a]), 'visits': len(visits[a]) or None,
                      'longest': max(visits[a], default=None)} for a in entries],
        'over_ceiling': [{'account': a, 'balance': str(balance[a]), 'ceiling': ceiling}
                         for a, ceiling in ceilings.items() if a in entries and balance[a] > ceiling],
        'passing': [{'id': a, 'region': region} for a, region in inputs.accounts.items() if a >= ACCOUNTS],
    }
