#!/usr/bin/env bash
# Installs the Debian packages that a build (and with `test` its tests) needs. Does nothing when all are there.
#   tools/packages.sh [build|test]
set -euo pipefail

build=(clang-19 libclang-rt-19-dev lld-19 cmake ninja-build ccache mold pkg-config
  libgrpc++-dev protobuf-compiler protobuf-compiler-grpc libprotobuf-dev librocksdb-dev librdkafka-dev prometheus-cpp-dev
  libgtest-dev libgmock-dev libbenchmark-dev libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libssl-dev
  libsimdjson-dev libpg-query-dev libspdlog-dev libfmt-dev libyaml-cpp-dev libcli11-dev libxxhash-dev libjemalloc-dev libre2-dev)
example=(bible-kjv bible-kjv-text python3 python3-pip curl)
test=(clang-format-19 llvm-19 valgrind kcat python3-venv maven default-jre-headless procps postgresql)

wanted=("${build[@]}" "${example[@]}")
[ "${1:-build}" != test ] || wanted+=("${test[@]}")

missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo)
echo "Installing ${#missing[@]} packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
