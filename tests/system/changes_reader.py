"""Follows the changes of a view over HTTP as a user's program would, and folds them."""
import collections
import http.client
import json
import threading
import time
import urllib.parse


class ChangesReader:
    """A thread that reads one NDJSON stream, folds it, and goes on by the last id wherever the connection breaks."""

    def __init__(self, daemon, pipeline, view, key=None, on_epoch=None, reconnect=True, **query):
        self.daemon, self.path = daemon, f'/v1/pipelines/{pipeline}/views/{view}/changes'
        self.query, self.key, self.on_epoch, self.reconnect = query, key, on_epoch, reconnect
        self.rows = collections.Counter() if key is None else {}
        self.epochs, self.last_id, self.epoch = [], None, 0
        self.end, self.failure, self.connections, self.refetches = None, None, 0, 0
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            while not self.ending.is_set() and self.end is None:
                try:
                    self._follow()
                except (OSError, http.client.HTTPException, json.JSONDecodeError, ValueError):
                    if not self.reconnect:
                        raise
                if self.end is None:
                    time.sleep(0.05)
        except Exception as failure:  # told by the thread that waits
            self.failure = failure

    def _follow(self):
        address = self.daemon.endpoints['http']
        self.connection = http.client.HTTPConnection(address, timeout=60)
        headers = {'Last-Event-ID': self.last_id} if self.last_id else {}
        self.connection.request('GET', self.path + '?' + urllib.parse.urlencode({**self.query, 'format': 'ndjson'}),
                                headers=headers)
        answer = self.connection.getresponse()
        if answer.status == 410:
            self._refetch()
            return
        if answer.status != 200:
            if answer.status == 503 or (answer.status == 409 and self.reconnect):
                return
            raise AssertionError(f'{answer.status} {answer.read()[:1000]}')
        self.connections += 1
        part = []
        for line in answer:
            if self.ending.is_set():
                return
            message = json.loads(line)
            if 'end' in message:
                self.end = message
                return
            if 'error' in message:
                self.error = message['error']
                if message['error']['code'] in ('EPOCH_GONE', 'PIPELINE_REPLACED'):
                    self._refetch()
                return
            if 'changes' in message:
                part += message['changes']
                if message.get('partial'):
                    continue
                self._apply(message['epoch'], part)
                part = []
            if 'id' in message:
                self.last_id = message['id']
            if 'progress' in message:
                self.epoch = max(self.epoch, message['progress'].get('epoch', 0))

    def _refetch(self):
        self.refetches += 1
        self.last_id = None
        self.rows = collections.Counter() if self.key is None else {}
        self.epoch = 0

    def _apply(self, epoch, changes):
        assert epoch > self.epoch or not self.epochs, f'epoch {epoch} came after {self.epoch}'
        for change in changes:
            if self.key is None:
                row = json.dumps(change['row'], sort_keys=True)
                self.rows[row] += change['weight']
                if self.rows[row] == 0:
                    del self.rows[row]
            else:
                key = tuple(change['key'].values())
                if change['row'] is None:
                    assert self.rows.pop(key, None) is not None, f'{key} went and was not there'
                else:
                    self.rows[key] = change['row']
        whole = self.key is None and self.query['from'] == 'snapshot'
        assert not whole or all(weight > 0 for weight in self.rows.values()), f'a half epoch at {epoch}'
        self.epoch = epoch
        self.epochs.append(epoch)
        if self.on_epoch is not None:
            self.on_epoch(self, epoch)

    def wait(self, predicate, timeout=60):
        deadline = time.monotonic() + timeout
        while not predicate(self):
            assert self.failure is None, repr(self.failure)
            assert time.monotonic() < deadline, f'at epoch {self.epoch}: {str(dict(list(self.rows.items())[:5]))}'
            time.sleep(0.01)
        return self

    def break_connection(self):
        """As a cable that is pulled: in the middle of whatever comes."""
        sock = getattr(self.connection, 'sock', None)
        if sock is not None:
            try:
                sock.shutdown(2)
            except OSError:
                pass

    def stop(self):
        self.ending.set()
        self.break_connection()
        self.thread.join(timeout=10)
        assert self.failure is None or isinstance(self.failure, (OSError, http.client.HTTPException)), repr(self.failure)


def folded(rows):
    return collections.Counter(json.dumps(row, sort_keys=True) for row in rows)
