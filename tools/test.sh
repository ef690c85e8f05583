#!/usr/bin/env bash
# Installs what is needed, builds, and runs every test, with a real Kafka broker. Ends with ctest's summary.
#   tools/test.sh          what CI runs: release build with all tests; engine, formats and shard under ASan+UBSan and TSan
#   tools/test.sh --quick  release build and tests only
#   tools/test.sh --all    everything under the sanitizers, and long campaigns
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:-ci}
case "$mode" in ci|--quick|--all) ;; *) echo "usage: tools/test.sh [--quick|--all]" >&2; exit 2 ;; esac

step() { printf '\n=== %s (%ss)\n' "$1" "$SECONDS"; }
jobs=$(nproc)
export CTEST_OUTPUT_ON_FAILURE=1

step "packages"
tools/packages.sh test

step "checks of the source"
python3 tools/tidy/check_layers.py
git ls-files '*.cc' '*.h' | xargs clang-format-19 --dry-run --Werror

step "data, broker, Python environment"
export FRESHET_TEST_DATA=$PWD/build/data
tools/example_data.sh "$FRESHET_TEST_DATA"
export FRESHET_KAFKA_JARS=$PWD/build/kafka
tools/kafka/fetch.sh "$FRESHET_KAFKA_JARS"
# For logins by SCRAM with the system's librdkafka (tests/system/kafka_broker.py).
tools/kafka/fetch.sh "$FRESHET_KAFKA_JARS-3.8.0" 3.8.0
# Made again when what it is to hold has changed.
if ! cmp -s tests/system/requirements.txt build/venv/requirements.txt; then
  python3 -m venv build/venv
  build/venv/bin/pip install -q --disable-pip-version-check -r tests/system/requirements.txt
  cp tests/system/requirements.txt build/venv/requirements.txt
fi

step "release build"
cmake --preset release >/dev/null
cmake --build --preset release -- -j "$jobs"

if [ "$mode" != --quick ]; then
  labels='engine|formats|shard'
  [ "$mode" != --all ] || labels='engine|formats|shard|server'
  for sanitizer in asan tsan; do
    step "$sanitizer build"
    cmake --preset "$sanitizer" -DFRESHET_BENCHMARKS=OFF >/dev/null
    cmake --build --preset "$sanitizer" --target sanitized_tests -- -j "$jobs"
    step "$sanitizer tests"
    # The simulations run in one thread: there is nothing in them for TSan.
    without='^$'
    [ "$sanitizer$mode" != tsanci ] || without='engine_(properties|operators|cases)_test'
    # Sanitized code takes ten times as long; plain release tests run the full number of random plans.
    (cd build/$sanitizer && FRESHET_PROPERTY_PLANS=${FRESHET_PROPERTY_PLANS:-20} TSAN_OPTIONS="suppressions=$PWD/../../tests/tsan.supp:external_symbolizer_path=$(command -v llvm-symbolizer-19)" \
      ctest -L "$labels" -LE system -E "$without" -j "$jobs" --timeout 600)
  done
fi

step "release tests"
cd build/release
[ "$mode" != --all ] || export FRESHET_CAMPAIGN=long
ctest -j "$jobs"
(cd ../.. && build/release/tests/sql_cases_test --gtest_brief=1 | grep '^sql cases:')
