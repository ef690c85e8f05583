#!/usr/bin/env bash
# From nothing to live results: installs what is needed, builds, starts freshetd with its defaults, submits the flights
# example, waits for its first fill, and shows results. The daemon goes on; tools/quickstart.sh stop ends it.
set -euo pipefail
cd "$(dirname "$0")/.."
home=build/quickstart
bin=build/release/bin

stop() {
  if [ -e $home/pid ] && kill "$(cat $home/pid)" 2>/dev/null; then
    while kill -0 "$(cat $home/pid)" 2>/dev/null; do sleep 0.1; done
    echo "freshetd stopped."
  fi
  rm -f $home/pid
}
if [ "${1:-}" = stop ]; then stop; exit 0; fi
[ $# -eq 0 ] || { echo "usage: tools/quickstart.sh [stop]" >&2; exit 2; }

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { printf '$ %s\n' "$*"; eval "$*"; }

say "1. Packages and build (minutes the first time, seconds after that)"
tools/packages.sh build
[ -e build/release/build.ninja ] || cmake --preset release >/dev/null
cmake --build --preset release --target freshetd freshet

say "2. Real data: 336,776 flights out of New York in 2013"
tools/example_data.sh data

say "3. The daemon"
mkdir -p $home
if ! { [ -e $home/pid ] && kill -0 "$(cat $home/pid)" 2>/dev/null; }; then
  rm -f $home/data/endpoints.json
  nohup $bin/freshetd --data-dir $home/data --http-address 127.0.0.1:0 --grpc-address 127.0.0.1:0 >>$home/freshetd.log 2>&1 &
  echo $! >$home/pid
  for _ in $(seq 200); do [ -e $home/data/endpoints.json ] && break; sleep 0.05; done
  [ -e $home/data/endpoints.json ] || { tail $home/freshetd.log; echo "The quickstart begins anew after: rm -r $home" >&2; exit 1; }
fi
address() { python3 -c "import json; print(json.load(open('$home/data/endpoints.json'))['$1'])"; }
http=$(address http)
FRESHET_ADDRESS=$(address grpc)
export FRESHET_ADDRESS PATH="$PWD/$bin:$PATH"
echo "freshetd serves HTTP at $http and gRPC at $FRESHET_ADDRESS; its log is $home/freshetd.log"

say "4. A pipeline: flights joined with airlines, airports and planes; delays by carrier, day and route"
show "freshet apply -f config/examples/flights.yaml --wait"

say "5. Results"
show "freshet rows flights by_carrier --order '-dep_delay' --limit 5"
show "curl -s 'http://$http/v1/pipelines/flights/views/by_route/rows?key=\[\"JFK\",\"LAX\"\]'"
echo
show "curl -s 'http://$http/v1/pipelines/flights/views/by_day/rows?where=late%20%3E%20400&order=day&limit=3'"
echo

say "6. Changes: the rows there are, then what changes them; this pipeline has read all of its input, so the stream ends"
show "freshet tail flights by_day --from snapshot --envelope upsert | head -6 || true"

say "7. A row pushed over HTTP, durable when it is answered, and the change it makes"
show "freshet apply -f config/examples/clicks.yaml --wait"
printf '$ freshet tail clicks per_page -o json &\n'
freshet tail clicks per_page -o json >$home/tail.out 2>/dev/null &
tail_pid=$!
sleep 0.5
show "curl -s -H 'Content-Type: application/x-ndjson' --data '{\"page\":\"/home\",\"user\":\"ann\",\"ms\":120}' 'http://$http/v1/pipelines/clicks/tables/clicks:ingest?wait=visible'"
echo
for _ in $(seq 100); do [ -s $home/tail.out ] && break; sleep 0.05; done
kill $tail_pid 2>/dev/null || true
wait $tail_pid 2>/dev/null || true
cat $home/tail.out
show "freshet rows clicks per_page"

say "Go on"
cat <<EOF
  export FRESHET_ADDRESS=$FRESHET_ADDRESS PATH=$PWD/$bin:\$PATH
  freshet status flights                                what it does now
  freshet explain flights                               its plan
  freshet rows flights by_route --where "flights > 5000"
  freshet rows flights by_route --limit 5 --watch       again whenever they change
  \$EDITOR config/examples/flights.yaml; freshet apply -f config/examples/flights.yaml --wait
  freshet run config/examples/words.yaml -o csv         a batch without a server
  curl http://$http/metrics                             metrics; http://$http/ lists every call
  tools/quickstart.sh stop                              ends the daemon
EOF
