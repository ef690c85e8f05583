"""Fixtures of the system tests: a daemon, a real Kafka broker, the example data."""
import os
import pathlib

import pytest
from freshet_daemon import ROOT, Daemon
from kafka_broker import KafkaBroker, kafka_jars


@pytest.fixture(scope='session')
def example_data():
    return pathlib.Path(os.environ.get('FRESHET_TEST_DATA', ROOT / 'build' / 'data'))


@pytest.fixture(scope='session')
def broker(tmp_path_factory):
    broker = KafkaBroker(tmp_path_factory.mktemp('kafka'), kafka_jars())
    yield broker
    broker.stop()


@pytest.fixture
def start_daemon(tmp_path):
    """Starts daemons that end with the test."""
    daemons = []

    def start(name='freshetd', **options):
        daemons.append(Daemon(tmp_path / name, **options))
        return daemons[-1]

    yield start
    for daemon in daemons:
        daemon.stop()


@pytest.fixture
def daemon(start_daemon):
    daemon = start_daemon()
    yield daemon
    daemon.assert_no_errors_logged()
