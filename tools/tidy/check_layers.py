#!/usr/bin/env python3
"""Checks that includes go only to the left in tools/tidy/layers.txt, that a family's member does not include the
family's list, and that each library's headers stay in their folder. Prints what it finds; exit 1 on findings."""
import os
import re
import subprocess
import sys

LIBRARY_HOMES = {
    'grpc': ('server/control/', 'server/roles/', 'tools/cli/', 'tests/server/control/'),
    'rocksdb': ('server/storage/rocksdb/',),
    'librdkafka': ('server/connectors/kafka/', 'tests/server/connectors/'),
    'prometheus': ('server/metrics/',),
}
FAMILIES = ('server/formats', 'server/connectors', 'server/http')


def read_layers():
    layers = {}
    with open('tools/tidy/layers.txt', encoding='utf-8') as lines:
        for line in lines:
            if line.startswith('#') or ':' not in line:
                continue
            top, names = line.split(':')
            layers[top.strip()] = names.split()
    return layers


def rank(layers, path):
    parts = path.split('/')
    names = layers.get(parts[0], [])
    return names.index(parts[1]) if len(parts) > 2 and parts[1] in names else None


def main():
    layers = read_layers()
    listed = subprocess.run(['git', 'ls-files'], capture_output=True, text=True, check=True).stdout.split('\n')
    findings = []
    for path in listed:
        if not path.endswith(('.cc', '.h')) or not os.path.exists(path):
            continue
        with open(path, encoding='utf-8', errors='replace') as source:
            text = source.read()
        for library, homes in LIBRARY_HOMES.items():
            if re.search(rf'#include [<"]{library}[a-z+-]*/', text) and not path.startswith(homes):
                findings.append(f'{path} includes {library} headers outside of {", ".join(homes)}')
        if not path.startswith(('engine/', 'server/')):
            continue
        for included in re.findall(r'^#include "((?:engine|server)/[^"]+)"', text, re.M):
            if path.startswith('engine/') and included.startswith('server/'):
                findings.append(f'{path} includes {included}')
            mine, theirs = rank(layers, path), rank(layers, included)
            if path.split('/')[0] == included.split('/')[0] and None not in (mine, theirs) and theirs > mine:
                findings.append(f'{path} includes to the right: {included}')
            for family in FAMILIES:
                member = re.match(rf'{family}/([^/]+)/', path)
                if member and os.path.dirname(included) == family:
                    findings.append(f'{path}, a member of {family}, includes its list: {included}')
        if path.startswith('engine/') and re.search(r'#include [<"](google/protobuf|freshet/v1|boost/(asio|beast))', text):
            findings.append(f'{path}: the engine includes a library of the server')
    for finding in findings:
        print(finding)
    sys.exit(1 if findings else 0)


if __name__ == '__main__':
    main()
