"""What every reader saw of every epoch: a view at an epoch is one thing, whoever reads it, whenever, however."""
import bisect
import json
import threading

MODULUS = 1 << 64


def row_digest(row):
    return hash(json.dumps(row, sort_keys=True)) % MODULUS


def digest(rows):
    """Of a set of rows, whatever their order; a sum, so that it follows changes."""
    return sum(map(row_digest, rows)) % MODULUS


class EpochBook:
    def __init__(self):
        self._lock = threading.Lock()
        self._views = {}
        self.looks, self.again = 0, 0

    def note(self, view, epoch, rows_digest, reader):
        with self._lock:
            epochs = self._views.setdefault(view, {})
            self.looks += 1
            self.again += epoch in epochs
            first, by = epochs.setdefault(epoch, (rows_digest, reader))
        assert first == rows_digest, f'{view} at epoch {epoch} is for {reader} not what it was for {by}'

    def epochs(self, view):
        with self._lock:
            return {epoch: seen for epoch, (seen, _) in self._views.get(view, {}).items()}

    def check_stream(self, view, deliveries, covered, reader):
        """Between two epochs that a subscription delivered (a sorted list of (epoch, digest)) nothing changed."""
        epochs = [epoch for epoch, _ in deliveries]
        compared = 0
        for epoch, seen in self.epochs(view).items():
            at = bisect.bisect_right(epochs, epoch) - 1
            if at < 0 or epoch > covered:
                continue
            compared += 1
            assert seen == deliveries[at][1], f'{view} at epoch {epoch} is not what {reader} folded to epoch {epochs[at]}'
        return compared
