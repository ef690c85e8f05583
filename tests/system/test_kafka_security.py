"""Kafka behind TLS and passwords: rows come and go by every login there is; what is wrong is told in words of the options
and heals when it is corrected; no secret is ever seen."""
import json
import time

import pytest
from broker_security import Authority, BrokerSecurity
from freshet_daemon import BIN, ROOT, Daemon
from kafka_broker import KafkaBroker, kafka_jars_for_scram

PLAIN, SCRAM, KEY = 'plain-s3cret-word', 'scram-s3cret-word', 'key-s3cret-word'


@pytest.fixture(scope='module')
def security(tmp_path_factory):
    return BrokerSecurity(tmp_path_factory.mktemp('tls'), {BrokerSecurity.USER: PLAIN, 'rotates': PLAIN}, SCRAM)


@pytest.fixture(scope='module')
def secured(tmp_path_factory, security):
    broker = KafkaBroker(tmp_path_factory.mktemp('secured'), kafka_jars_for_scram(BIN), security)
    broker.create_topic('in')
    broker.create_topic('out')
    yield broker
    broker.stop()


@pytest.fixture
def vault(start_daemon, security, tmp_path):
    """A daemon with secrets in files and in its environment; at the end none of them has been seen anywhere."""
    vault = Vault(start_daemon, security, tmp_path)
    yield vault
    vault.assert_unseen()


class Vault:
    def __init__(self, start_daemon, security, folder):
        self.security = security
        self.files = folder / 'secrets'
        self.files.mkdir()
        self.write('plain', PLAIN)
        self.write('scram', SCRAM)
        self.write('key', KEY)
        self.daemon = start_daemon(command=['env', f'SCRAM_WORD={SCRAM}'])
        self.names = []
        self.told = []

    def write(self, name, text):
        (self.files / name).write_text(text + '\n')
        return f'${{file:{self.files / name}}}'

    def file(self, name):
        return f'${{file:{self.files / name}}}'

    def sasl(self, mechanism, password, protocol='sasl_plaintext', user=BrokerSecurity.USER):
        options = {'security.protocol': protocol, 'sasl.mechanism': mechanism, 'sasl.username': user, 'sasl.password': password}
        return {**options, **(self.trust() if protocol == 'sasl_ssl' else {})}

    def trust(self):
        return {'ssl.ca.location': str(self.security.authority.certificate)}

    def definition(self, name, listener, login, sink_login=None, address=None):
        address = address or self.security.address(listener)

        def options(login):
            return ''.join(f', "kafka.{option}": {json.dumps(value)}' for option, value in login.items())

        return f'''
name: {name}
tables:
  t:
    columns: [{{name: k, type: bigint}}]
    sources: [{{connector: kafka, brokers: "{address}", topic: in, format: json{options(login)}}}]
views:
  v: {{materialized: true, key: [k, via], aggregate: {{input: t, keys: {{k: k, via: "'{name}'"}}, values: {{n: "count(*)"}}}}}}
sinks:
  out: {{from: v, connector: kafka, brokers: "{address}", topic: out, envelope: upsert{options(sink_login or login)}}}
'''

    def apply(self, name, listener, login, **others):
        self.names.append(name)
        done = self.daemon.cli('apply', '-f', '-', input=self.definition(name, listener, login, **others), check=False)
        self.told.append(done.stdout + done.stderr)
        return done

    def wait_reason(self, name, *words, timeout=60):
        """Until what is said about the pipeline, its sources and its sinks has all the words."""
        deadline = time.monotonic() + timeout
        while True:
            status = self.daemon.status(name)
            said = ' '.join([status.get('reason', ''), *(each['message'] for each in status['sources'] + status['sinks'])])
            if all(word in said for word in words):
                return status
            assert time.monotonic() < deadline, f'{name} does not say {words}: {json.dumps(status)[:3000]}'
            time.sleep(0.1)

    def assert_unseen(self):
        daemon = self.daemon
        for name in self.names:
            for command in (['get', name, '-o', 'yaml'], ['get', name, '-o', 'json'], ['explain', name], ['status', name],
                            ['status', name, '-o', 'json']):
                done = daemon.cli(*command, check=False)
                self.told.append(done.stdout + done.stderr)
            self.told += [daemon.request('GET', f'/v1/pipelines/{name}{part}')[2].decode() for part in ('', '/status')]
        self.told.append(daemon.request('GET', '/metrics')[2].decode())
        for secret in (PLAIN, SCRAM, KEY, 'wr0ng-word', 'l1teral-word', 'n3w-word'):
            assert not [text for text in self.told if secret in text], secret
            assert secret not in daemon.log.read_text()
            for path in daemon.data_dir.rglob('*'):
                assert not path.is_file() or secret.encode() not in path.read_bytes(), path
            assert secret not in ' '.join(p.name for p in daemon.data_dir.rglob('*'))


def sent(broker):
    return {(row['via'], row['k']): row['n'] for row in map(json.loads, broker.consume('out'))}


def wait_sent(broker, expected, timeout=60):
    deadline = time.monotonic() + timeout
    while True:
        rows = sent(broker)
        if expected.items() <= rows.items():
            return
        assert time.monotonic() < deadline, f'{expected} is not among {rows}'
        time.sleep(0.2)


def test_rows_come_and_go_by_every_login(vault, secured, security, tmp_path):
    certificate, key = security.authority.issue('client', KEY)
    logins = {
        'plain': ('SASL_PLAINTEXT', vault.sasl('PLAIN', vault.file('plain'))),
        'scram256': ('SASL_PLAINTEXT', vault.sasl('SCRAM-SHA-256', '${env:SCRAM_WORD}')),
        'scram512': ('SASL_PLAINTEXT', vault.sasl('SCRAM-SHA-512', vault.file('scram'))),
        'plain_tls': ('SASL_SSL', vault.sasl('PLAIN', vault.file('plain'), 'sasl_ssl')),
        'scram256_tls': ('SASL_SSL', vault.sasl('SCRAM-SHA-256', vault.file('scram'), 'sasl_ssl')),
        'scram512_tls': ('SASL_SSL', vault.sasl('SCRAM-SHA-512', '${env:SCRAM_WORD}', 'sasl_ssl')),
        'tls': ('SSL', {'security.protocol': 'ssl', **vault.trust()}),
        'mutual': ('MUTUAL', {'security.protocol': 'ssl', **vault.trust(), 'ssl.certificate.location': str(certificate),
                              'ssl.key.location': str(key), 'ssl.key.password': vault.file('key')}),
    }
    secured.produce('in', ['{"k": 1}', '{"k": 1}'])
    for name, (listener, login) in logins.items():
        assert vault.apply(name, listener, login).returncode == 0, vault.told[-1]
    for name in logins:
        vault.daemon.wait_state(name, 'RUNNING')
        vault.daemon.wait_rows(name, 'v', lambda rows: rows and rows[0]['n'] == 2)
    wait_sent(secured, {(name, 1): 2 for name in logins})
    vault.daemon.assert_no_errors_logged()


def test_the_example(vault, secured, security, tmp_path):
    for topic in ('lines', 'word_counts'):
        secured.create_topic(topic)
    secured.produce('lines', ['in the beginning', 'the end'])
    examples = ROOT / 'config' / 'examples'
    overlay = tmp_path / 'secured.yaml'
    overlay.write_text((examples / 'words-kafka-secured.yaml').read_text()
                       .replace('localhost:9093', security.address('SASL_SSL'))
                       .replace('/etc/freshet/kafka-password', str(vault.files / 'scram'))
                       .replace('/etc/freshet/kafka-ca.pem', str(security.authority.certificate)))
    vault.names.append('words')
    vault.daemon.cli('apply', '-f', str(examples / 'words.yaml'), '-f', str(overlay), '--wait')
    deadline = time.monotonic() + 60
    while not (rows := [json.loads(line) for line in secured.consume('word_counts')]):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert {row['word']: row['n'] for row in rows} == {'in': 1, 'the': 2, 'beginning': 1, 'end': 1}


def test_what_is_wrong_is_told_and_heals_without_a_restart(vault, secured, security, tmp_path):
    daemon = vault.daemon
    secured.produce('in', ['{"k": 2}'])
    wrong = vault.write('wrong', 'wr0ng-word')
    stranger = Authority(tmp_path / 'stranger', 'stranger')
    good = vault.sasl('SCRAM-SHA-512', vault.file('scram'))
    assert vault.apply('source', 'SASL_PLAINTEXT', vault.sasl('SCRAM-SHA-512', wrong)).returncode == 0
    assert vault.apply('sink', 'SASL_PLAINTEXT', good, sink_login=vault.sasl('PLAIN', wrong)).returncode == 0
    assert vault.apply('stranger', 'SSL', {'security.protocol': 'ssl', 'ssl.ca.location': str(stranger.certificate)}).returncode == 0
    assert vault.apply('nobody', 'MUTUAL', {'security.protocol': 'ssl', **vault.trust()}).returncode == 0
    assert vault.apply('no_env', 'SASL_PLAINTEXT', vault.sasl('PLAIN', '${env:NOT_THERE}')).returncode == 0
    absent = vault.file('absent')
    assert vault.apply('no_file', 'SASL_PLAINTEXT', vault.sasl('PLAIN', absent)).returncode == 0
    lost_ca = {'security.protocol': 'ssl', 'ssl.ca.location': str(tmp_path / 'lost.pem')}
    assert vault.apply('no_ca', 'SSL', lost_ca).returncode == 0

    vault.wait_reason('source', 'kafka.sasl.password', 'source')
    vault.wait_reason('sink', 'kafka.sasl.password', 'sink out')
    vault.wait_reason('stranger', 'certificate verify failed', 'kafka.ssl.ca.location')
    vault.wait_reason('nobody', 'kafka.ssl.certificate.location')
    vault.wait_reason('no_env', 'kafka.sasl.password', 'NOT_THERE', 'is not set', 'start freshetd anew')
    vault.wait_reason('no_file', 'kafka.sasl.password', absent, 'cannot be read')
    vault.wait_reason('no_ca', 'ssl.ca.location')
    for name in ('no_env', 'no_file', 'no_ca'):
        daemon.wait_state(name, 'FAILED')

    # What a secret refers to is corrected: nothing is restarted.
    vault.write('wrong', SCRAM)
    daemon.wait_rows('source', 'v', lambda rows: {row['k'] for row in rows} >= {2})
    vault.write('wrong', PLAIN)
    daemon.wait_rows('sink', 'v', lambda rows: {row['k'] for row in rows} >= {2})
    wait_sent(secured, {('sink', 2): 1})
    vault.write('absent', PLAIN)
    daemon.cli('start', 'no_file')  # it had failed; the daemon is the same
    daemon.wait_rows('no_file', 'v', lambda rows: {row['k'] for row in rows} >= {2})


def test_a_password_that_changes_while_the_pipeline_runs(vault, secured, security):
    daemon = vault.daemon
    secured.produce('in', ['{"k": 3}'])
    password = vault.write('rotated', PLAIN)
    assert vault.apply('rotates', 'SASL_SSL', vault.sasl('PLAIN', password, 'sasl_ssl', user='rotates')).returncode == 0
    wait_sent(secured, {('rotates', 3): 1})
    pids = daemon.shard_pids('rotates')
    security.plain_users['rotates'] = 'n3w-word'
    secured.restart()
    secured.produce('in', ['{"k": 4}'])
    vault.wait_reason('rotates', 'kafka.sasl.password', 'trying again')
    assert daemon.status('rotates')['state'] == 'RUNNING'
    vault.write('rotated', 'n3w-word')
    daemon.wait_rows('rotates', 'v', lambda rows: {row['k'] for row in rows} >= {4})
    wait_sent(secured, {('rotates', 4): 1})
    assert daemon.shard_pids('rotates') == pids
    daemon.assert_no_errors_logged()


@pytest.mark.parametrize('options, code, words', [
    ({'security.protocol': 'sasl_ssl', 'sasl.mechanism': 'PLAIN', 'sasl.username': 'u', 'sasl.password': 'l1teral-word'},
     'LITERAL_SECRET', ['kafka.sasl.password', '${env:NAME} or ${file:PATH}']),
    ({'security.protocol': 'ssl', 'ssl.key.password': 'l1teral-word'}, 'LITERAL_SECRET', ['kafka.ssl.key.password']),
    ({'security.protocol': 'sasl_ssl', 'sasl.username': 'u', 'sasl.password': '${env:P}'}, 'MISSING_OPTION',
     ['kafka.sasl.mechanism']),
    ({'security.protocol': 'sasl_ssl', 'sasl.mechanism': 'PLAIN', 'sasl.username': 'u'}, 'MISSING_OPTION',
     ['kafka.sasl.password']),
    ({'sasl.mechanism': 'PLAIN'}, 'INVALID_OPTION', ['kafka.sasl.mechanism', 'kafka.security.protocol is plaintext']),
    ({'ssl.ca.location': '/ca.pem'}, 'INVALID_OPTION', ['kafka.ssl.ca.location', 'ssl or sasl_ssl']),
    ({'security.protocol': 'ssl', 'ssl.key.location': '/k'}, 'MISSING_OPTION', ['kafka.ssl.certificate.location']),
    ({'security.protocol': 'sasl_ssl', 'sasl.mechanism': 'GSSAPI', 'sasl.username': 'u', 'sasl.password': '${env:P}'},
     'INVALID_OPTION', ['kafka.sasl.mechanism', 'SCRAM-SHA-256']),
    ({'security.protocol': 'tls'}, 'INVALID_OPTION', ['kafka.security.protocol']),
    ({'plugin.library.paths': '/tmp/x.so'}, 'UNKNOWN_OPTION', ['kafka.plugin.library.paths', 'kafka.sasl.mechanism']),
    ({'enable.auto.commit': 'true'}, 'UNKNOWN_OPTION', ['kafka.enable.auto.commit', 'kafka.client.id']),
])
def test_options_that_do_not_fit_are_refused_by_name(daemon_of_options, options, code, words):
    vault = daemon_of_options
    done = vault.daemon.cli('validate', '-f', '-', '-o', 'json', input=vault.definition('bad', 'SSL', options, address='h:1'),
                            check=False)
    assert done.returncode == 4, done.stdout + done.stderr
    text = done.stdout + done.stderr
    assert code in text and 'tables' in text and 'sinks' in text, text
    assert all(word in text for word in words), text
    assert 'l1teral-word' not in text
    assert 'l1teral-word' not in vault.daemon.log.read_text()


@pytest.fixture(scope='module')
def daemon_of_options(tmp_path_factory, security):
    folder = tmp_path_factory.mktemp('options')
    vault = Vault(lambda command: Daemon(folder / 'freshetd', command=command), security, folder)
    yield vault
    vault.daemon.stop()
