"""config/freshetd.yaml names every setting with its default, and freshetd starts with it."""
import re
import subprocess

from freshet_daemon import BIN, ROOT


def test_the_documented_settings_are_those_of_the_daemon(tmp_path):
    config = ROOT / 'config' / 'freshetd.yaml'
    documented = dict(re.findall(r'^([a-z_.]+): (.*)$', config.read_text(), re.M))
    told = subprocess.run([BIN / 'freshetd', '--help-settings'], capture_output=True, text=True, check=True).stdout
    assert documented == dict(re.findall(r'^([a-z_.]+) \(default (.*)\)$', told, re.M))
    for wrong, message in (('http.adress=x', 'http.address'), ('http.threads=0', 'from 1 to 256'), ('log.level=loud', 'trace')):
        refused = subprocess.run([BIN / 'freshetd', '--data-dir', tmp_path / 'd', '--config', config, '--set', wrong],
                                 capture_output=True, text=True, timeout=10, check=False)
        assert refused.returncode != 0
        assert wrong.split('=')[0] in refused.stderr and message in refused.stderr, refused.stderr
