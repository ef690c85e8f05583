"""Load from Kafka and from files that grow."""
import json
import random
import subprocess

from chaos.bank import ACCOUNTS, PASSING, REGIONS
from chaos.http_clients import PATIENCE_SECONDS
from chaos.workers import Worker


FILES_MAX = 20  # each is looked at by every shard, again and again


class TopicFeed(Worker):
    """Sends messages, a batch at a time, by idempotent producers that wait for a broker that is away; what stands in the
    topic at the end is what was sent."""

    def __init__(self, broker, topic, seed, pause):
        super().__init__(f'feed of topic {topic}')
        self.pause, self.random, self.sent = pause, random.Random(f'{seed} {self.name}'), 0
        self.producer, self.log = None, broker.folder / f'producer-{topic}.log'
        self.command = ['kcat', '-b', broker.address, '-P', '-E', '-t', topic, '-K', '|', '-Z', '-X', 'linger.ms=5',
                        '-X', 'enable.idempotence=true', '-X', 'message.timeout.ms=600000',
                        '-X', 'reconnect.backoff.max.ms=500']

    def send(self, *lines):
        with open(self.log, 'ab') as log:
            self.producer = subprocess.Popen(self.command, stdin=subprocess.PIPE, stderr=log)
        self.producer.communicate(''.join(line + '\n' for line in lines).encode(), timeout=PATIENCE_SECONDS)
        code = self.producer.returncode
        assert code == 0, f'{self.name}: kcat ended with {code}, see {self.log}'
        self.sent += len(lines)

    def kill(self):
        if self.producer is not None:
            self.producer.kill()


class AccountsFeed(TopicFeed):
    """Accounts move from region to region; those without money come and go."""

    def __init__(self, broker, seed, pause):
        super().__init__(broker, 'accounts', seed, pause)

    def _account(self, number):
        return f'{number}|' + json.dumps({'id': number, 'region': self.random.choice(REGIONS)})

    def open_accounts(self):
        self.send(*(self._account(number) for number in range(ACCOUNTS)))

    def step(self):
        moves = [self._account(self.random.randrange(ACCOUNTS)) for _ in range(6)]
        passing = [ACCOUNTS + self.random.randrange(PASSING) for _ in range(2)]
        self.send(*moves, *(self._account(number) if self.random.random() < 0.6 else f'{number}|' for number in passing))


class OrdersFeed(TopicFeed):
    def __init__(self, broker, seed, pause):
        super().__init__(broker, 'orders', seed, pause)

    def step(self):
        rows = [{'account': self.random.randrange(ACCOUNTS), 'amount': self.random.randrange(100)} for _ in range(10)]
        self.send(*(f'{row["account"]}|{json.dumps(row)}' for row in rows))


class VisitsFeed(Worker):
    """Appends to files of a folder, also half a line at a time, and begins new ones."""

    def __init__(self, folder, seed, pause):
        super().__init__('feed of files')
        self.folder, self.pause, self.random = folder / 'visits', pause, random.Random(f'{seed} {self.name}')
        self.folder.mkdir()
        self.files = 0
        self._begin()

    def _begin(self):
        """A file has its header when it gets its name."""
        made = self.folder.parent / 'visits.new'
        made.write_text('account,seconds\n')
        self.path = self.folder / f'{self.files:04}.csv'
        made.rename(self.path)
        self.files += 1

    def kill(self):
        """Nothing outlives the thread."""

    def step(self):
        if self.files < FILES_MAX and self.random.random() < 0.02:
            self._begin()
        text = ''.join(f'{self.random.randrange(ACCOUNTS)},{self.random.randrange(1000)}\n' for _ in range(5))
        half = self.random.randrange(len(text) + 1)
        with open(self.path, 'a', encoding='utf-8') as file:
            file.write(text[:half])
            file.flush()
            self.ending.wait(0.01)
            file.write(text[half:])
