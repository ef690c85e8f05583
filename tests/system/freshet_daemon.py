"""Runs freshetd and the freshet CLI as a user does, and reads results over HTTP."""
import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).parents[2]
BIN = pathlib.Path(os.environ.get('FRESHET_BIN', ROOT / 'build' / 'release' / 'bin'))


class Unavailable(AssertionError):
    """The pipeline does not answer now, or no longer at the epoch of the page: its shards start, stop or recover."""


class Daemon:
    """One freshetd with a data directory of its own; ports are taken free, and new ones at each start."""

    def __init__(self, folder, files_root=None, settings=(), command=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data_dir = self.folder / 'data'
        self.files_root = pathlib.Path(files_root or self.folder)
        self.settings = list(settings)
        self.command = list(command)  # what runs it, as another user for example
        self.log = self.folder / 'freshetd.log'
        self.process = None
        self.endpoints = None
        self.start()

    def start(self, timeout=20):
        endpoints = self.data_dir / 'endpoints.json'
        endpoints.unlink(missing_ok=True)
        command = [*self.command, str(BIN / 'freshetd'), '--data-dir', str(self.data_dir), '--http-address', '127.0.0.1:0',
                   '--grpc-address', '127.0.0.1:0']
        for setting in [f'files.root={self.files_root}', *self.settings]:
            command += ['--set', setting]
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, cwd=self.folder)
        deadline = time.monotonic() + timeout
        while not endpoints.exists():
            assert self.process.poll() is None, f'freshetd ended: {self.log.read_text()[-3000:]}'
            assert time.monotonic() < deadline, f'freshetd does not serve: {self.log.read_text()[-3000:]}'
            time.sleep(0.02)
        self.endpoints = json.loads(endpoints.read_text())

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, timeout=30):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=timeout)
        return self.process.returncode

    def cli(self, *arguments, check=True, input=None, timeout=120):
        done = subprocess.run([str(BIN / 'freshet'), '--address', self.endpoints['grpc'], *arguments], text=True,
                              capture_output=True, check=False, input=input, timeout=timeout, cwd=self.folder)
        assert not check or done.returncode == 0, f'freshet {arguments}: {done.returncode}\n{done.stdout}{done.stderr}'
        return done

    def url(self, path, **query):
        query = urllib.parse.urlencode(query, doseq=True)
        return f'http://{self.endpoints["http"]}{path}' + (f'?{query}' if query else '')

    def request(self, method, path, body=None, content_type='application/json', **query):
        """(status, headers, body) of any answer."""
        request = urllib.request.Request(self.url(path, **query), data=body, method=method,
                                         headers={'Content-Type': content_type} if body is not None else {})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def get(self, path, **query):
        status, _, body = self.request('GET', path, **query)
        assert status == 200, f'GET {path} {query}: {status} {body[:2000]}'
        return json.loads(body)

    def _page(self, pipeline, view, **query):
        status, _, body = self.request('GET', f'/v1/pipelines/{pipeline}/views/{view}/rows', **query)
        if status in (503, 410):
            raise Unavailable(f'{pipeline}/{view}: {status} {body[:2000]}')
        assert status == 200, f'{pipeline}/{view} {query}: {status} {body[:2000]}'
        return json.loads(body)

    def rows(self, pipeline, view, **query):
        """All rows of a view at one epoch, page by page: (epoch, rows)."""
        answer = self._page(pipeline, view, limit=1000, **query)
        rows, epoch = answer['rows'], answer['epoch']
        while answer.get('next_page_token'):
            answer = self._page(pipeline, view, limit=1000, page_token=answer['next_page_token'], **query)
            assert answer['epoch'] == epoch
            rows += answer['rows']
        return epoch, rows

    def status(self, pipeline):
        return self.get(f'/v1/pipelines/{pipeline}/status')

    def wait_state(self, pipeline, *states, timeout=60):
        deadline = time.monotonic() + timeout
        while True:
            status = self.status(pipeline)
            if status['state'] in states:
                return status
            assert time.monotonic() < deadline, f'{pipeline} is not {states}: {json.dumps(status)[:2000]}'
            time.sleep(0.05)

    def wait_rows(self, pipeline, view, predicate, timeout=60, **query):
        """Polls until `predicate(rows)`; while it hydrates, stops or recovers, also between two pages, it is asked again."""
        deadline = time.monotonic() + timeout
        last = None
        while time.monotonic() < deadline:
            try:
                epoch, last = self.rows(pipeline, view, **query)
                if predicate(last):
                    return epoch, last
            except Unavailable as away:
                last = away
            time.sleep(0.05)
        raise AssertionError(f'{pipeline}/{view} does not get there: {str(last)[:2000]}')

    def shard_pids(self, pipeline):
        return [shard['pid'] for shard in self.status(pipeline)['shards']]

    def assert_no_errors_logged(self):
        errors = [line for line in self.log.read_text().splitlines() if '[error]' in line or '[critical]' in line]
        assert not errors, errors[:10]
