#!/usr/bin/env python3
"""Runs the corpus on PostgreSQL (Debian's package, a server of its own) and compares its answers with the expected ones.

Usage: against_postgres.py [--write] FILE.test...
--write puts PostgreSQL's answers where a query has none yet."""
import sys

import corpus
import postgres

if __name__ == '__main__':
    with postgres.Server() as server:
        sys.exit(corpus.main(sys.argv[1:], lambda: postgres.Connection(server)))
