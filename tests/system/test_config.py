"""config/freshetd.yaml names every setting with its default, and freshetd starts with it."""
import os
import re
import subprocess

from freshet_daemon import BIN, ROOT, Daemon


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


def test_shards_are_pinned_to_cores(tmp_path):
    cores = sorted(os.sched_getaffinity(0))
    definition = tmp_path / 'p.yaml'
    definition.write_text('name: p\noptions: {shards: 3}\ntables:\n  t: {columns: [{name: k, type: bigint}]}\n'
                          'views:\n  v: {materialized: true, aggregate: {input: t, values: {n: "count(*)"}}}\n')
    for pin in ('on', 'off'):
        daemon = Daemon(tmp_path / pin, settings=[f'shards.pin={pin}'])
        daemon.cli('apply', '-f', str(definition), '--wait')
        pids = daemon.shard_pids('p')
        threads = [{int(thread) for thread in os.listdir(f'/proc/{pid}/task')} for pid in pids]
        for shard, of_shard in enumerate(threads):
            wanted = {cores[shard % len(cores)]} if pin == 'on' else set(cores)
            assert all(os.sched_getaffinity(thread) == wanted for thread in of_shard), (pin, shard)
        daemon.stop()
    refused = subprocess.run([BIN / 'freshet', 'run', definition, '--set', 'shards.pin=maybe'], capture_output=True, text=True, check=False, timeout=60)
    assert refused.returncode == 1 and 'shards.pin' in refused.stderr, refused.stderr
