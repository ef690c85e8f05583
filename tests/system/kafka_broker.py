"""Runs one Apache Kafka broker (KRaft) on free ports in a folder of its own, and talks to it by kcat."""
import base64
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import uuid

START_SECONDS = 180  # a loaded machine takes a minute


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class KafkaBroker:
    """Starts ready to take records. The ports stay the same over kill and restart."""

    def __init__(self, folder, jars, security=None):
        """`security` (broker_security.py) adds listeners and users to the open one."""
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.jars = jars
        self.security = security
        self.port, self.controller_port = free_port(), free_port()
        self.process = None
        self._write_config()
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip('=')
        # In one word: an id may begin with '-'.
        self._java('kafka.tools.StorageTool', 'format', f'--cluster-id={cluster}', '-c', str(self._config),
                   *(security.format_arguments() if security else []))
        self.start()

    @property
    def address(self):
        return f'127.0.0.1:{self.port}'

    def _write_config(self):
        self._config = self.folder / 'server.properties'
        secured = self.security.listeners if self.security else []
        open_to_clients = [f'{name}://127.0.0.1:{port}' for name, _, port in [('PLAINTEXT', None, self.port), *secured]]
        protocols = [('PLAINTEXT', 'PLAINTEXT'), ('CONTROLLER', 'PLAINTEXT'), *((name, protocol) for name, protocol, _ in secured)]
        self._config.write_text('\n'.join([
            'process.roles=broker,controller',
            'node.id=1',
            f'controller.quorum.voters=1@127.0.0.1:{self.controller_port}',
            f'listeners={",".join(open_to_clients)},CONTROLLER://127.0.0.1:{self.controller_port}',
            f'advertised.listeners={",".join(open_to_clients)}',
            f'listener.security.protocol.map={",".join(":".join(each) for each in protocols)}',
            'controller.listener.names=CONTROLLER',
            'inter.broker.listener.name=PLAINTEXT',
            f'log.dirs={self.folder}/logs',
            'offsets.topic.replication.factor=1',
            'transaction.state.log.replication.factor=1',
            'transaction.state.log.min.isr=1',
            'share.coordinator.state.topic.replication.factor=1',
            'share.coordinator.state.topic.min.isr=1',
            # Fifty each by default, and each is recovered after kill -9.
            'offsets.topic.num.partitions=1',
            'transaction.state.log.num.partitions=1',
            'share.coordinator.state.topic.num.partitions=1',
            'group.initial.rebalance.delay.ms=0',
            'auto.create.topics.enable=false',
            # After kill -9 a broker is let in again once the session of the one before is over.
            'broker.session.timeout.ms=3000',
            'broker.heartbeat.interval.ms=300',
            *(self.security.properties() if self.security else []),
        ]) + '\n')

    def _command(self, main, *arguments):
        # Starts in half the time of the default compilers and collector.
        return ['java', '-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', f'{self.jars}/*', main, *arguments]

    def _java(self, main, *arguments):
        done = subprocess.run(self._command(main, *arguments), capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == 0, f'{main} {arguments}: {done.stdout}{done.stderr}'
        return done.stdout

    def restart(self):
        """With the security as it is now."""
        self.kill()
        self._write_config()
        self.start()

    def start(self):
        with open(self.folder / 'broker.log', 'ab') as log:
            self.process = subprocess.Popen(self._command('kafka.Kafka', str(self._config)), stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, (self.folder / 'broker.log').read_text()[-3000:]
            if self._kcat('-L', '-m', '2', check=False).returncode == 0:
                return
            time.sleep(0.1)
        self.kill()
        raise AssertionError(f'the Kafka broker did not become ready in {START_SECONDS} s')

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill()

    def _kcat(self, *arguments, check=True, **options):
        return subprocess.run(['kcat', '-b', self.address, *arguments], capture_output=True, check=check, timeout=120,
                              **options)

    def _topic_command(self, *arguments):
        """Again while the broker is fenced: a loaded machine may keep it from its heartbeats for a while."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return self._java('org.apache.kafka.tools.TopicCommand', '--bootstrap-server', self.address, *arguments)
            except AssertionError as failure:
                if 'fenced' not in str(failure) or time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def create_topic(self, topic, partitions=1, **configs):
        extra = [part for key, value in configs.items() for part in ('--config', f'{key.replace("_", ".")}={value}')]
        self._topic_command('--create', '--if-not-exists', '--topic', topic, '--partitions', str(partitions), '--replication-factor', '1', *extra)

    def add_partitions(self, topic, partitions):
        self._topic_command('--alter', '--topic', topic, '--partitions', str(partitions))

    def produce(self, topic, lines, partition=None, key_delimiter=None):
        """Sends each line as a message, `key<delimiter>value` where a delimiter is given; an empty value is null."""
        data = b''.join(line if isinstance(line, bytes) else line.encode() for line in (f'{x}\n' if isinstance(x, str) else x + b'\n' for x in lines))
        arguments = ['-P', '-t', topic, '-X', 'linger.ms=5']
        if partition is not None:
            arguments += ['-p', str(partition)]
        if key_delimiter is not None:
            arguments += ['-K', key_delimiter, '-Z']
        self._kcat(*arguments, input=data)

    def consume(self, topic):
        """All messages that are there now."""
        return self._kcat('-C', '-t', topic, '-e', '-q').stdout.decode().splitlines()

    def consume_json(self, topic):
        """All messages that are there now, with keys, headers and nulls, in the order of each partition."""
        output = self._kcat('-C', '-t', topic, '-e', '-q', '-J').stdout.decode()
        return [json.loads(line) for line in output.splitlines()]


def kafka_jars_for_scram(binaries):
    """Of a broker that the build's librdkafka can log in to: the system's, linked as a shared library, is too old for newer ones."""
    linked = subprocess.run(['ldd', str(binaries / 'freshetd')], capture_output=True, text=True, check=True).stdout
    return kafka_jars() + ('-3.8.0' if 'librdkafka' in linked else '')


def kafka_jars():
    return os.environ.get('FRESHET_KAFKA_JARS', str(pathlib.Path(__file__).parents[2] / 'build' / 'kafka'))
