"""The whole campaign: load, readers and kills at once; then what must hold at the end."""
import json
import random
import re
import subprocess
import time

from chaos import bank, sink_folds
from chaos.epoch_book import EpochBook
from chaos.feeds import AccountsFeed, OrdersFeed, VisitsFeed
from chaos.http_clients import Clerk, Teller
from chaos.killer import Killer
from chaos.readers import PageReader, Subscriber
from chaos.truth import Inputs, views_of
from freshet_daemon import BIN, Daemon
from kafka_broker import KafkaBroker, kafka_jars
from sink_reader import count_rows

SETTINGS = [
    'restarts.backoff_min=20ms', 'restarts.backoff_max=500ms',
    'restarts.failures_max=1000000',     # kills in a row are no failures of the pipeline
    'log.segment_bytes=1MiB',
    'changes.retention=24h', 'changes.retention_bytes=4GiB',  # so that every subscription can go on
]
SHARDS = 3
TELLERS, CLERKS = 6, 2
RECOVERY_SECONDS = 240


def difference(seen, wanted):
    return f'too much {list((seen - wanted).items())[:5]}, missing {list((wanted - seen).items())[:5]}'


class Campaign:
    """Asserts all along; `report` says what happened, also of one that failed."""

    def __init__(self, folder, kills, seed, pace=1.0, tell=lambda line: None):
        self.folder, self.kills_wanted, self.seed, self.pace, self.tell = folder, kills, seed, pace, tell
        self.random = random.Random(f'{seed} campaign')
        self.book = EpochBook()
        self.daemon = self.broker = self.killer = None
        self.clients, self.feeds, self.readers, self.subscribers = [], [], [], []
        self.figures = {}

    def run(self):
        started = time.monotonic()
        try:
            self._start()
            self._kill()
            self._end_load()
            self._check_the_end()
            self.daemon.assert_no_errors_logged()
        finally:
            self._stop()
            self.figures['seconds'] = round(time.monotonic() - started, 1)

    def report(self):
        figures = ', '.join(f'{name} {value}' for name, value in self.figures.items())
        kills = self.killer.listing() if self.killer else '  none'
        return f'seed {self.seed}: {figures}\nfolder {self.folder}\nkills:\n{kills}'

    def _start(self):
        self.broker = KafkaBroker(self.folder / 'kafka', kafka_jars())
        for topic, partitions in (('accounts', 3), ('orders', 3), ('holdings', 3), ('regions', 2)):
            self.broker.create_topic(topic, partitions)
        accounts = AccountsFeed(self.broker, self.seed, 0.2 / self.pace)
        accounts.open_accounts()
        self.daemon = Daemon(self.folder / 'freshetd', settings=SETTINGS)
        self.feeds = [accounts, OrdersFeed(self.broker, self.seed, 0.2 / self.pace),
                      VisitsFeed(self.daemon.folder, self.seed, 0.1 / self.pace)]
        (self.daemon.folder / 'bank.yaml').write_text(bank.streaming(self.broker.address, SHARDS))
        self.daemon.cli('apply', '-f', 'bank.yaml', '--wait')
        tellers = [Teller(self.daemon, number, self.seed, 0.02 / self.pace) for number in range(TELLERS)]
        clerks = [Clerk(self.daemon, number, self.seed, 0.3 / self.pace, CLERKS) for number in range(CLERKS)]
        tellers[0].open_accounts()
        self.daemon.wait_rows('bank', 'holdings', lambda rows: len(rows) == bank.ACCOUNTS)
        self.clients = tellers + clerks
        self.readers = [PageReader(self.daemon, 'balances', 150, self.book, self.seed),
                        PageReader(self.daemon, 'holdings', 110, self.book, self.seed,
                                   others=['balances', 'by_region', 'activity']),
                        PageReader(self.daemon, 'by_region', 4, self.book, self.seed,
                                   others=['by_writer', 'over_ceiling', 'passing'])]
        self.subscribers = [Subscriber(self.daemon, 'balances', self.book),
                            Subscriber(self.daemon, 'holdings', self.book, key='account', envelope='upsert'),
                            Subscriber(self.daemon, 'by_region', self.book),
                            Subscriber(self.daemon, 'activity', self.book),
                            Subscriber(self.daemon, 'over_ceiling', self.book)]
        for worker in self.feeds + self.clients + self.readers:
            worker.start()
        self.killer = Killer(self.daemon, self.broker, self.seed, self.tell)

    def _wait_for(self, what, holds, timeout=RECOVERY_SECONDS):
        deadline = time.monotonic() + timeout
        while not holds():
            self._check()
            assert time.monotonic() < deadline, f'{what} not within {timeout} s'
            time.sleep(0.05)

    def _check(self):
        for worker in self.feeds + self.clients + self.readers + self.subscribers:
            worker.check()
        if self.killer is not None:
            self.killer.check()

    def _kill(self):
        while (left := self.kills_wanted - len(self.killer.kills)) > 0:
            self.killer.strike(left)
            self._check()
            if self.random.random() < 0.3:  # the next one comes while it recovers
                time.sleep(self.random.uniform(0, 0.3))
                continue
            tellers = self.clients[:TELLERS]
            before = [len(teller.acknowledged) for teller in tellers]
            self._wait_for('every teller has an answer', lambda: all(
                len(teller.acknowledged) > count for teller, count in zip(tellers, before)))
            time.sleep(self.random.uniform(0, 0.6))

    def _end_load(self):
        self.killer.wait_for_broker()
        for worker in self.feeds + self.clients:
            worker.end()

    def _check_the_end(self):
        tellers, clerks = self.clients[:TELLERS], self.clients[TELLERS:]
        inputs = Inputs(self.broker, self.daemon.folder, ledger=[row for each in tellers for row in each.acknowledged],
                        ceilings=[record for each in clerks for record in each.acknowledged])
        truth = {view: count_rows(rows) for view, rows in views_of(inputs).items()}
        for view in truth:
            self._wait_for_view(view, truth[view])
        for reader in self.readers:
            reader.end()
        for subscriber in self.subscribers:
            self._wait_for(f'{subscriber.name} has all',
                           lambda subscriber=subscriber: count_rows(subscriber.folded()) == truth[subscriber.view])
            subscriber.stop()
        self._check_sinks(truth)
        self._check_batch(inputs, truth)
        self._check_epochs(inputs)

    def _wait_for_view(self, view, rows):
        try:
            self.daemon.wait_rows('bank', view, lambda seen: count_rows(seen) == rows, timeout=RECOVERY_SECONDS)
        except AssertionError as failure:
            seen = count_rows(self.daemon.rows('bank', view)[1])
            status = json.dumps(self.daemon.status('bank'))[:3000]
            raise AssertionError(f'{view} is not what it must be: {difference(seen, rows)}; {status}') from failure

    def _check_sinks(self, truth):
        self._wait_for('every sink has written all', lambda: all(
            sink['epochs_behind'] == 0 and not sink['message'] for sink in self.daemon.status('bank')['sinks']))
        folds, epochs, repeated = sink_folds.fold_all(self.broker, self.daemon.folder / 'out')
        for sink, view in bank.SINK_VIEWS.items():
            assert folds[sink] == truth[view], f'sink {sink} is not {view}: {difference(folds[sink], truth[view])}'
        self.figures.update({'sink epochs': epochs, 'sink records that came again': repeated})

    def _check_batch(self, inputs, truth):
        """A run of the same views over the same inputs, from the start."""
        inputs.write_pushed(self.daemon.folder)
        (self.daemon.folder / 'batch.yaml').write_text(bank.batch(self.broker.address, SHARDS))
        done = subprocess.run([str(BIN / 'freshet'), 'run', 'batch.yaml', '-o', 'json'], cwd=self.daemon.folder,
                              check=False, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        batch = {view: [] for view in truth}
        for line in done.stdout.splitlines():
            answer = json.loads(line)
            batch[answer['view']].append(answer['row'])
        for view, rows in truth.items():
            seen = count_rows(batch[view])
            assert seen == rows, f'{view} of the batch run is not what it must be: {difference(seen, rows)}'

    def _check_epochs(self, inputs):
        compared = sum(self.book.check_stream(each.view, each.deliveries, each.epoch, each.name)
                       for each in self.subscribers)
        status = self.daemon.status('bank')
        self.figures.update({
            'kills': len(self.killer.kills), 'starts of the group': status['generation'], 'input rows': inputs.count(),
            'HTTP requests': sum(client.requests for client in self.clients),
            'attempts': sum(client.attempts for client in self.clients),
            'last epoch': self.daemon.rows('bank', 'by_region')[0],
            'epochs delivered': sum(len(each.deliveries) for each in self.subscribers),
            'connections of subscribers': sum(each.connections for each in self.subscribers),
            'whole listings': sum(reader.listings for reader in self.readers),
            'pages': sum(reader.pages for reader in self.readers),
            'epochs read again': self.book.again, 'of them against subscriptions': compared})
        assert self.book.again > 0 and compared > 0, self.figures
        shards = re.findall(r'node_rows_in_total\{pipeline="bank",shard="(\d)",node="balances/view"\} [1-9]',
                            self.daemon.request('GET', '/metrics')[2].decode())
        assert len(set(shards)) == SHARDS, f'accounts lie on shards {shards} only'
        assert all(reader.pages > 2 * reader.listings for reader in self.readers if not reader.others), self.figures
        assert status['generation'] > 1 and all(each.connections > 1 for each in self.subscribers), self.figures

    def _stop(self):
        for worker in self.feeds + self.clients + self.readers + self.subscribers:
            worker.ending.set()
        for feed in self.feeds:
            feed.kill()
        if self.killer is not None:
            self.killer.end()
        try:
            if self.daemon is not None:
                self.daemon.stop()
        finally:
            if self.broker is not None:
                self.broker.stop()
