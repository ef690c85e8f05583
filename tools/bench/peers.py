"""The systems that a user would take instead, each in an environment of its own under build/bench (unless this one
has it), on the same files."""
import importlib.metadata
import pathlib
import subprocess
import sys

VERSIONS = {'duckdb': ['duckdb==1.5.5', 'duckdb-extension-tpch==1.5.5'], 'pathway': ['pathway==0.27.0']}

DUCKDB = '''import sys, duckdb
connection = duckdb.connect()
connection.execute('SET threads = 1')
rows = connection.execute(open(sys.argv[1]).read()).fetchall()
print(len(rows))
'''

PATHWAY = '''import sys
import pathway as pw
def result():{body}
pw.io.csv.write(result(), '{output}')
pw.run(monitoring_level=pw.MonitoringLevel.NONE)
'''


def is_installed(package):
    name, version = package.split('==')
    try:
        return importlib.metadata.version(name) == version
    except importlib.metadata.PackageNotFoundError:
        return False


class Peer:
    def __init__(self, name, folder):
        self.name, self.folder = name, pathlib.Path(folder)
        self.here = all(map(is_installed, VERSIONS[name]))
        self.python = pathlib.Path(sys.executable) if self.here else self.folder / f'venv-{name}' / 'bin' / 'python'

    def install(self):
        if self.here:
            return
        packages = VERSIONS[self.name]
        marker = self.python.parents[1] / '+'.join(packages)
        if marker.exists():
            return
        print(f'installing {" ".join(packages)}', file=sys.stderr)
        subprocess.run([sys.executable, '-m', 'venv', self.python.parents[1]], check=True)
        subprocess.run([self.python, '-m', 'pip', 'install', '-q', '--disable-pip-version-check', *packages], check=True)
        marker.touch()

    def command(self, batch):
        """One thread, whole process, from the same files to the whole result."""
        script = self.folder / f'{batch.name}-{self.name}.py'
        if self.name == 'duckdb':
            script.write_text(DUCKDB)
            query = self.folder / f'{batch.name}.sql'
            query.write_text(batch.text(batch.sql, self.folder))
            return [self.python, script, query]
        body = batch.text(batch.pathway, self.folder)
        script.write_text(PATHWAY.replace('{body}', body).replace('{output}', f'{batch.name}-pathway.csv'))
        return ['env', 'PATHWAY_THREADS=1', self.python, script]
