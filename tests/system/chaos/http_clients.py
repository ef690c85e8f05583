"""Clients that push rows over HTTP as real ones do: what is not acknowledged is sent again under the same key."""
import http.client
import json
import random
import time
import urllib.parse

from chaos.bank import ACCOUNTS, OPENING
from chaos.workers import Worker

AWAY = (429, 503)  # come again later; everything else but 200 is a failure
AWAY_SECONDS = 0.1  # until it is asked again
PATIENCE_SECONDS = 240  # longer than any recovery may take
CONTENT_TYPES = {'ndjson': 'application/x-ndjson', 'json': 'application/json', 'csv': 'text/csv'}


def call(daemon, method, path, body=None, headers=None, timeout=20, **query):
    """(status, answer) of one request; status 0: nobody knows what became of it."""
    connection = http.client.HTTPConnection(daemon.endpoints['http'], timeout=timeout)
    try:
        text = '?' + urllib.parse.urlencode(query) if query else ''
        connection.request(method, path + text, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError):
        return 0, None
    finally:
        connection.close()


def until_known(daemon, *arguments, **options):
    """The first answer that tells something: asked again while the daemon or the pipeline is away."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        status, answer = call(daemon, *arguments, **options)
        if status != 0 and status not in AWAY:
            return status, answer
        assert time.monotonic() < deadline, f'{arguments}: {status} {answer} for {PATIENCE_SECONDS} s'
        time.sleep(AWAY_SECONDS)


def encode(rows, form):
    if form == 'csv':
        names = list(rows[0])
        return ','.join(names) + '\n' + ''.join(','.join(str(row[name]) for name in names) + '\n' for row in rows)
    return json.dumps(rows) if form == 'json' else ''.join(json.dumps(row) + '\n' for row in rows)


class HttpClient(Worker):
    """Sends requests to one table, each under a key of its own; `acknowledged` are the records of all that are known to
    be taken, in their order."""

    def __init__(self, daemon, table, number, seed, pause):
        super().__init__(f'client {number} of {table}')
        self.daemon, self.table, self.number, self.pause = daemon, table, number, pause
        self.random = random.Random(f'{seed} {self.name}')
        self.requests, self.attempts, self.acknowledged = 0, 0, []

    def send(self, records, forms=('ndjson', 'json', 'csv')):
        form, wait = self.random.choice(forms), self.random.choice(['durable', 'visible'])
        body, key = encode(records, form), f'{self.table}-{self.number}-{self.requests}'
        self.requests += 1
        answer = self._post(body, form, key, wait)
        assert (answer['accepted'], answer['rejected']) == (len(records), 0), answer
        self.acknowledged += records
        if self.random.random() < 0.1:  # an answer that did not come through
            again = self._post(body, form, key, wait)
            assert again == answer, f'{key}: {again} is not the first answer, {answer}'
        return wait, answer['token']

    def _post(self, body, form, key, wait):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            self.attempts += 1
            status, answer = call(self.daemon, 'POST', f'/v1/pipelines/bank/tables/{self.table}:ingest', body=body,
                                  headers={'Content-Type': CONTENT_TYPES[form], 'Idempotency-Key': key}, wait=wait)
            if status == 200:
                return answer
            assert status in (0, *AWAY), f'{key}: {status} {answer}'
            assert time.monotonic() < deadline, f'{key} is not acknowledged: {status} {answer}'
            time.sleep(AWAY_SECONDS)


class Teller(HttpClient):
    """Moves money between accounts, a transfer or several in one request; reads what it wrote."""

    def __init__(self, daemon, number, seed, pause):
        super().__init__(daemon, 'ledger', number, seed, pause)
        self.transfers = 0

    def open_accounts(self):
        """All in one request, so that no epoch shows a part of the money."""
        self.send([{'transfer': 0, 'writer': self.number, 'account': account, 'amount': OPENING}
                   for account in range(ACCOUNTS)])

    def step(self):
        rows = []
        for _ in range(self.random.choice([1, 1, 1, 5])):
            self.transfers += 1
            payer, payee = self.random.sample(range(ACCOUNTS), 2)
            amount = self.random.randrange(1, 200)
            rows += [{'transfer': self.transfers, 'writer': self.number, 'account': account, 'amount': change}
                     for account, change in ((payer, -amount), (payee, amount))]
        wait, token = self.send(rows)
        self._read_own(wait, token)

    def _read_own(self, wait, token):
        """What is visible is seen by any read from now on; what is durable, by one that waits for the token."""
        query = {'at_least': token} if wait == 'durable' else {}
        status, answer = until_known(self.daemon, 'GET', '/v1/pipelines/bank/views/by_writer/rows', key=self.number, **query)
        assert status == 200, answer
        entries = [row['entries'] for row in answer['rows']]
        assert entries == [len(self.acknowledged)], \
            f'{self.name} was promised {len(self.acknowledged)} rows, wait={wait}: {answer}'


class Clerk(HttpClient):
    """Sets and takes away the ceilings of its own accounts."""

    def __init__(self, daemon, number, seed, pause, clerks):
        super().__init__(daemon, 'ceilings', number, seed, pause)
        self.own = range(number, ACCOUNTS, clerks)

    def step(self):
        records = []
        for account in self.random.sample(self.own, 3):
            if self.random.random() < 0.3:
                records.append({'delete': {'account': account}})
            else:
                records.append({'upsert': {'account': account, 'ceiling': self.random.randrange(500, 1500)}})
        self.send(records, forms=('ndjson', 'json'))
