"""Readers of views by pages and by subscription. All of them add the money up, at every epoch that they see."""
import json
import random
import time

from changes_reader import ChangesReader
from chaos.bank import ACCOUNTS, KEYED, TOTAL
from chaos.epoch_book import MODULUS, digest, row_digest
from chaos.http_clients import AWAY, AWAY_SECONDS, PATIENCE_SECONDS, call
from chaos.workers import Worker

# Views that hold all the money, and what counts the accounts in a row of them.
MONEY = {'balances': lambda row: 1, 'holdings': lambda row: 1, 'by_region': lambda row: row['accounts'],
         'activity': lambda row: 1}


def check_money(view, epoch, accounts, balance, reader):
    assert (accounts, balance) == (ACCOUNTS, TOTAL), \
        f'{reader}: {view} at epoch {epoch} has {accounts} accounts with {balance} in all, not {ACCOUNTS} with {TOTAL}'


def check_rows(view, epoch, rows, reader):
    keys = [row[KEYED[view]] for row in rows]
    assert len(set(keys)) == len(keys), f'{reader}: {view} at epoch {epoch} has a key twice'
    if view in MONEY:
        check_money(view, epoch, sum(map(MONEY[view], rows)), sum(int(row['balance']) for row in rows), reader)


class PageReader(Worker):
    """Reads a whole view in small pages of one epoch, now and then another one at the same epoch."""

    pause = 0.05

    def __init__(self, daemon, view, limit, book, seed, others=()):
        super().__init__(f'reader of {view} by pages of {limit}')
        self.daemon, self.view, self.limit, self.book, self.others = daemon, view, limit, book, others
        self.random = random.Random(f'{seed} {self.name}')
        self.last, self.listings, self.pages, self.broken = 0, 0, 0, 0

    def step(self):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (seen := self._listing(self.view)) is None and not self.ending.is_set():
            assert time.monotonic() < deadline, f'{self.name}: nothing for {PATIENCE_SECONDS} s'
            time.sleep(AWAY_SECONDS)
        if seen is None:
            return
        epoch = self._take(self.view, *seen)
        assert epoch >= self.last, f'{self.name}: epoch {epoch} after {self.last}'
        self.last = epoch
        if self.others:
            view = self.random.choice(self.others)
            other = self._listing(view, epoch=epoch)
            if other is not None:
                assert other[0] == epoch, f'{self.name}: asked for {view} at epoch {epoch}, got {other[0]}'
                self._take(view, *other)

    def _take(self, view, epoch, rows):
        check_rows(view, epoch, rows, self.name)
        self.book.note(view, epoch, digest(rows), self.name)
        self.listings += 1
        return epoch

    def _listing(self, view, **query):
        """(epoch, rows); None where it broke off: nobody is there, or the epoch is gone."""
        epoch, rows, token = None, [], None
        while True:
            page = {'page_token': token} if token else query
            status, answer = call(self.daemon, 'GET', f'/v1/pipelines/bank/views/{view}/rows', limit=self.limit, **page)
            if status in (0, 410, *AWAY):
                self.broken += 1
                return None
            assert status == 200, f'{self.name}: {status} {answer}'
            assert epoch in (None, answer['epoch']), f'{self.name}: a page of {answer["epoch"]} behind one of {epoch}'
            epoch = answer['epoch']
            assert len(answer['rows']) <= self.limit
            rows += answer['rows']
            self.pages += 1
            token = answer.get('next_page_token')
            if not token:
                return epoch, rows


class Subscriber(ChangesReader):
    """Folds a view's changes and adds the money up at each epoch; goes on by Last-Event-ID over kills."""

    def __init__(self, daemon, view, book, key=None, **query):
        self.view, self.book, self.name = view, book, f'subscriber of {view} {query}'
        self.deliveries = []  # (epoch, digest)
        self.accounts, self.balance, self.digest = 0, 0, 0
        super().__init__(daemon, 'bank', view, key=key, **{'from': 'snapshot'}, **query)

    def _refetch(self):
        raise AssertionError(f'{self.name}: must read anew behind epoch {self.epoch}: {getattr(self, "error", None)}')

    def _with_weights(self, upserts):
        """What upserts, one of each key, do to the rows that are there."""
        goes = [{'row': self.rows[key], 'weight': -1} for key in (tuple(each['key'].values()) for each in upserts)
                if key in self.rows]
        return goes + [{'row': each['row'], 'weight': 1} for each in upserts if each['row'] is not None]

    def _count(self, row, weight):
        self.digest = (self.digest + weight * row_digest(row)) % MODULUS
        if self.view in MONEY:
            self.accounts += weight * MONEY[self.view](row)
            self.balance += weight * int(row['balance'])

    def _apply(self, epoch, changes):
        weighted = changes if self.key is None else self._with_weights(changes)
        super()._apply(epoch, changes)
        for change in weighted:
            self._count(change['row'], change['weight'])
        if self.view in MONEY:
            check_money(self.view, epoch, self.accounts, self.balance, self.name)
        self.book.note(self.view, epoch, self.digest, self.name)
        self.deliveries.append((epoch, self.digest))

    def check(self):
        assert self.failure is None, f'{self.name}: {self.failure!r}'

    def folded(self):
        return [json.loads(row) for row in self.rows] if self.key is None else list(self.rows.values())
