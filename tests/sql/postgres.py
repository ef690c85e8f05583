"""A PostgreSQL server of one's own in a temporary folder, and psql to talk to it.

Needs Debian's postgresql (its programs are found under /usr/lib/postgresql). As root the server runs as the user
`postgres`, since it refuses to run as root."""
import glob
import os
import shutil
import subprocess
import tempfile

from corpus import QueryFailed


def programs():
    """The folder of initdb and pg_ctl, of the newest version; None: not installed."""
    folders = glob.glob('/usr/lib/postgresql/*/bin')
    return max(folders, key=lambda folder: int(folder.split('/')[-2])) if folders else None


class Server:
    """with Server() as server: Connection(server)"""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix='freshet-postgres-')
        self._user = 'postgres' if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(self.folder, self._user)
        self._run('initdb', '-D', f'{self.folder}/data', '-E', 'UTF8', '--locale', 'C', '-A', 'trust', '-U', 'postgres', '-N')
        settings = f'-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off -c timezone=UTC'
        self._run('pg_ctl', '-D', f'{self.folder}/data', '-w', '-l', f'{self.folder}/log', '-o', settings, 'start')
        return self

    def __exit__(self, *_):
        self._run('pg_ctl', '-D', f'{self.folder}/data', '-m', 'immediate', 'stop')
        shutil.rmtree(self.folder)

    def _run(self, program, *arguments):
        done = subprocess.run([f'{programs()}/{program}', *arguments], user=self._user, cwd=self.folder, text=True,
                              stdout=subprocess.PIPE if program == 'initdb' else subprocess.DEVNULL,
                              stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            raise RuntimeError(f'{program} failed: {done.stdout}')


class Connection:
    """One psql, with a database of its own that goes with it."""
    name = 'postgresql'
    _made = 0

    def __init__(self, server):
        self._server = server

    def __enter__(self):
        Connection._made += 1
        database = f'case_{Connection._made}'
        self._psql('postgres', f'CREATE DATABASE {database}')
        self._process = subprocess.Popen(
            self._command(database) + ['-v', 'ON_ERROR_STOP=0'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, bufsize=1)
        self._ask('\\pset format unaligned\n\\pset tuples_only on\n\\pset null NULL\n\\pset fieldsep \'\\t\'\n'
                  '\\pset footer off\nSET client_min_messages = error;')
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()

    def _command(self, database):
        return ['psql', '-X', '-q', '-h', self._server.folder, '-U', 'postgres', '-d', database]

    def _psql(self, database, sql):
        subprocess.run(self._command(database) + ['-c', sql], check=True, stdout=subprocess.DEVNULL)

    def _ask(self, text):
        """What psql prints; raises what the server says against it."""
        self._process.stdin.write(f'{text}\n\\echo --end-- :ERROR\n')
        lines = []
        while True:
            line = self._process.stdout.readline()
            if not line:
                raise RuntimeError('psql has ended: ' + '\n'.join(lines))
            line = line.rstrip('\n')
            if line.startswith('--end-- '):
                if line.endswith('true'):
                    raise QueryFailed('\n'.join(lines))
                return lines
            lines.append(line)

    def run(self, sql):
        self._ask(sql.rstrip().rstrip(';') + ';')

    def types(self, sql):
        """The types of a query's columns."""
        lines = self._ask(sql.rstrip().rstrip(';') + ' \\gdesc')
        return [line.split('\t')[-1] for line in lines]

    def query(self, sql):
        """Rows of texts, as PostgreSQL writes them, but true and false in full, a T between date and time, and (empty) for
        a text without letters."""
        types = self.types(sql)
        return [[_cell(value, kind) for value, kind in zip(line.split('\t'), types)]
                for line in self._ask(sql.rstrip().rstrip(';') + ';')]


def _cell(value, kind):
    if kind == 'boolean' and value in ('t', 'f'):
        return {'t': 'true', 'f': 'false'}[value]
    if kind.startswith('timestamp'):
        value = value.replace(' ', 'T', 1)
        return value.removesuffix('+00') + 'Z' if value.endswith('+00') else value
    return value or '(empty)'
