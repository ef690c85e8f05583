"""Secured listeners of the broker: certificates of an authority of the test's own, as PEM, and users with passwords."""
import pathlib
import subprocess

from kafka_broker import free_port


def _openssl(*arguments, **options):
    done = subprocess.run(['openssl', *(str(each) for each in arguments)], capture_output=True, text=True, check=False,
                          timeout=60, **options)
    assert done.returncode == 0, f'openssl {arguments}: {done.stderr}'


class Authority:
    """Signs certificates; `certificate` is what who trusts it has."""

    def __init__(self, folder, name):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.certificate = self.folder / f'{name}.pem'
        self._key = self.folder / f'{name}.key'
        _openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', f'/CN={name}', '-keyout', self._key,
                 '-out', self.certificate)

    def issue(self, name, password=None):
        """(certificate, key), signed; the key is encrypted where a password is given."""
        certificate, key, request = (self.folder / f'{name}.{kind}' for kind in ('crt', 'key', 'csr'))
        protection = ['-passout', f'pass:{password}'] if password else ['-nodes']
        _openssl('req', '-newkey', 'rsa:2048', *protection, '-subj', f'/CN={name}', '-keyout', key, '-out', request)
        extensions = self.folder / f'{name}.ext'
        extensions.write_text('subjectAltName=IP:127.0.0.1,DNS:localhost\n')
        _openssl('x509', '-req', '-in', request, '-CA', self.certificate, '-CAkey', self._key, '-CAcreateserial', '-days', '2',
                 '-extfile', extensions, '-out', certificate)
        return certificate, key


class BrokerSecurity:
    """Listeners SASL_PLAINTEXT, SASL_SSL, SSL and MUTUAL (which wants a client's certificate). Users of PLAIN by name, and
    one of SCRAM; what is changed in `plain_users` counts from the broker's next start on."""
    USER = 'freshet'

    def __init__(self, folder, plain_users, scram_password):
        self.plain_users, self.scram_password = plain_users, scram_password
        self.authority = Authority(folder, 'authority')
        certificate, key = self.authority.issue('broker')
        self._store = pathlib.Path(folder) / 'broker.pem'
        self._store.write_text(key.read_text() + certificate.read_text())
        self.listeners = [(name, protocol, free_port()) for name, protocol in [
            ('SASL_PLAINTEXT', 'SASL_PLAINTEXT'), ('SASL_SSL', 'SASL_SSL'), ('SSL', 'SSL'), ('MUTUAL', 'SSL')]]

    def address(self, listener):
        return next(f'127.0.0.1:{port}' for name, _, port in self.listeners if name == listener)

    def format_arguments(self):
        return [part for mechanism in ('SCRAM-SHA-256', 'SCRAM-SHA-512') for part in (
            '--add-scram', f'{mechanism}=[name={self.USER},password={self.scram_password}]')]

    def properties(self):
        modules = 'org.apache.kafka.common.security'
        lines = ['ssl.keystore.type=PEM', f'ssl.keystore.location={self._store}', 'ssl.truststore.type=PEM',
                 f'ssl.truststore.location={self.authority.certificate}',
                 'listener.name.mutual.ssl.client.auth=required',
                 'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512']
        users = ' '.join(f'user_{name}="{password}"' for name, password in self.plain_users.items())
        for listener in ('sasl_plaintext', 'sasl_ssl'):
            lines += [f'listener.name.{listener}.plain.sasl.jaas.config={modules}.plain.PlainLoginModule required {users};']
            lines += [f'listener.name.{listener}.{mechanism}.sasl.jaas.config={modules}.scram.ScramLoginModule required;'
                      for mechanism in ('scram-sha-256', 'scram-sha-512')]
        return lines
