#!/usr/bin/env bash
# Fetches Apache Kafka's jars from Maven Central into a folder, unless they are there.
#   tools/kafka/fetch.sh FOLDER [VERSION]
set -euo pipefail
folder=$(realpath -m "$1")
[ ! -e "$folder/complete" ] || exit 0
mkdir -p "$folder"
mvn -q -B -f "$(dirname "$0")/pom.xml" dependency:copy-dependencies -DoutputDirectory="$folder" ${2:+-Dkafka.version="$2"}
touch "$folder/complete"
