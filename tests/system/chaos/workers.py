"""Threads of the campaign that run until they are ended, and tell why one of them could not."""
import threading
import traceback


class Worker:
    """Calls `step` again and again. What it raises ends it and is told by `check`."""

    pause = 0.005

    def __init__(self, name):
        self.name, self.failure = name, None
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self):
        self.thread.start()
        return self

    def _run(self):
        try:
            while not self.ending.is_set():
                self.step()
                self.ending.wait(self.pause)
            self.finish()
        except Exception:  # told by the thread that waits
            self.failure = traceback.format_exc()

    def step(self):
        raise NotImplementedError

    def finish(self):
        """What is left to do once it is ended."""

    def check(self):
        assert self.failure is None, f'{self.name}: {self.failure}'

    def end(self, timeout=120):
        self.ending.set()
        self.thread.join(timeout=timeout)
        assert not self.thread.is_alive(), f'{self.name} does not end'
        self.check()
