"""Kills of everything under load from everywhere; by hand tests/system/chaos/run.py."""
import os
import random

from chaos.campaign import Campaign

LONG = os.environ.get('FRESHET_CAMPAIGN') == 'long'
KILLS = int(os.environ.get('FRESHET_CHAOS_KILLS', 300 if LONG else 30))
SEED = int(os.environ.get('FRESHET_CHAOS_SEED', random.randrange(1 << 32)))


def test_kills_of_everything(tmp_path):
    campaign = Campaign(tmp_path, KILLS, SEED)
    try:
        campaign.run()
    finally:
        print(campaign.report())
