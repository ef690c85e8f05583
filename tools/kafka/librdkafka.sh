#!/usr/bin/env bash
# Builds librdkafka 2.8.0 from Debian 13's source package as a static library, for those who log in by SCRAM to brokers from Kafka
# 3.7.2, 3.8.1 and 3.9.0 on: these check a nonce that Debian 12's 2.0.2 repeats wrongly. Run it with build/librdkafka, then configure
# anew: CMake takes what is there. Nothing else needs it.
#   tools/kafka/librdkafka.sh FOLDER       FOLDER/include/librdkafka/rdkafka.h, FOLDER/lib/librdkafka.a
set -euo pipefail
folder=$(realpath -m "$1")
version=2.8.0
missing=()
for package in dpkg-dev liblz4-dev libzstd-dev zlib1g-dev libssl-dev; do
  dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] || { echo "install ${missing[*]} first" >&2; exit 1; }
[ ! -e "$folder/complete" ] || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# Lists and sources of their own, from where the system's packages come; the system's stay as they are.
mkdir -p lists/partial cache/archives/partial
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | head -1)
[ -n "$mirror" ] || { echo "no archive of Debian 12 is among apt's sources" >&2; exit 1; }
echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >sources.list
apt=(-qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$work/lists"
  -o Dir::Cache="$work/cache" -o APT::Sandbox::User="$(id -un)")
apt-get "${apt[@]}" update
apt-get "${apt[@]}" source "librdkafka=$version-1" >/dev/null
launcher=()
! command -v ccache >/dev/null || launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
# WITH_SASL would want Cyrus SASL, which only Kerberos needs; curl is for OAuth.
cmake -S "librdkafka-$version" -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER=clang-19 \
  -DCMAKE_CXX_COMPILER=clang++-19 "${launcher[@]}" -DRDKAFKA_BUILD_STATIC=ON -DRDKAFKA_BUILD_EXAMPLES=OFF \
  -DRDKAFKA_BUILD_TESTS=OFF -DWITH_SSL=ON -DWITH_ZSTD=ON -DENABLE_LZ4_EXT=ON -DWITH_SASL=OFF -DWITH_SASL_SCRAM=ON -DWITH_CURL=OFF >/dev/null
cmake --build build --target rdkafka -- -j "$(nproc)" >/dev/null
rm -rf "$folder"
mkdir -p "$folder/include/librdkafka" "$folder/lib"
cp "librdkafka-$version"/src/rdkafka{,_mock}.h "$folder/include/librdkafka/"
cp "librdkafka-$version/LICENSE" "$folder/"
cp build/src/librdkafka.a "$folder/lib/"
touch "$folder/complete"
