#!/usr/bin/env python3
"""Runs the campaign by hand: tests/system/chaos/run.py --kills 300 --seed 7"""
import argparse
import pathlib
import random
import shutil
import sys
import tempfile
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from chaos.campaign import Campaign  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--kills', type=int, default=300)
    parser.add_argument('--seed', type=int, default=None, help='of what is killed when, and of the load; by chance')
    parser.add_argument('--pace', type=float, default=1.0, help='how much load: 2 is twice as much')
    parser.add_argument('--folder', type=pathlib.Path, help='where it works; kept. By default a new one, kept where it fails')
    options = parser.parse_args()
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    folder = options.folder or pathlib.Path(tempfile.mkdtemp(prefix='freshet-chaos-'))
    folder.mkdir(parents=True, exist_ok=True)
    print(f'seed {seed}, {options.kills} kills, folder {folder}', flush=True)
    campaign = Campaign(folder, options.kills, seed, options.pace, tell=lambda line: print(line, flush=True))
    try:
        campaign.run()
    except BaseException:
        traceback.print_exc()
        print(f'FAILED: {campaign.report()}', flush=True)
        return 1
    print(f'passed: {campaign.report()}', flush=True)
    if options.folder is None:
        shutil.rmtree(folder)
    return 0


if __name__ == '__main__':
    sys.exit(main())
