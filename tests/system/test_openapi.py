"""The server answers as its OpenAPI description says: held against it by schemathesis, over pipelines in every state; the
streams of changes, which have no end, by hand."""
import http.client
import json
import subprocess
import sys
import urllib.parse

import jsonschema_rs
import pytest
import yaml

from test_ingest import SHOP

SECONDS_MAX = 300  # on a busy machine; 20 alone
CHECKS = ['status_code_conformance', 'content_type_conformance', 'response_headers_conformance',
          'response_schema_conformance', 'unsupported_method', 'allow_header_conformance']
STREAMS = ['followView']
CHANGING = ['putPipeline', 'deletePipeline', 'startPipeline', 'stopPipeline']
# What parameters are tried with, beside what their schemas allow.
VALUES = {
    'where': ['n > 1', 'customer = \'ann\'', 'n / 0 = 1', 'n >', 'nothing = 1'],
    'order': ['n', '-n, total nulls first', 'nothing'],
    'key': [['"ann"'], ['["ann"]'], ['1', '"a"'], ['null'], ['[']],
    'at_least': ['1', '0', '99999999', 'made up'],
    'page_token': ['', 'made up'],
}
DEFINITIONS = dict.fromkeys(['application/yaml', 'application/x-yaml', 'text/yaml', 'application/json'], [
    yaml.safe_load(SHOP), {'tables': {'t': {'columns': [{'name': 'a', 'type': 'bigint'}]}}}, {'views': {'v': {'filter': 1}}}])
ROWS = {'application/json': [[{'id': 7, 'customer': 'ann'}], {'id': 8}, [{'delete': {'id': 8}}, {'id': 'x'}]],
        'text/csv': ['id,customer,total\n7,ann,1\n', 'id\n"'],
        'application/x-ndjson': ['{"id":8,"customer":"bob"}\n{"delete":{"id":8}}\n', '{']}


@pytest.fixture(scope='module')
def daemon(tmp_path_factory):
    from freshet_daemon import Daemon
    daemon = Daemon(tmp_path_factory.mktemp('openapi') / 'freshetd',
                    settings=['http.read_timeout=2s', 'ingest.timeout=2s', 'http.changes.heartbeat=500ms'])
    (daemon.folder / 'rows.csv').write_text('id,customer,total\n1,ann,5\n2,bob,7\n')
    static = SHOP.replace('primary_key: [id]', 'primary_key: [id]\n    materialized: true\n    sources: '
                          '[{connector: files, path: rows.csv, format: csv, mode: static}]')
    for name, text, code in [('running', SHOP.replace('primary_key: [id]', 'primary_key: [id]\n    materialized: true'), 0),
                             ('completed', static.replace('  clicks:', '  clicks:\n    sources: [{connector: files, path: '
                                                          'rows.csv, format: csv, mode: static}]'), 0),
                             ('failed', static.replace('rows.csv', 'missing.csv'), 1), ('stopped', SHOP, 0)]:
        path = daemon.folder / f'{name}.yaml'
        path.write_text(text.replace('name: shop', f'name: {name}'))
        assert daemon.cli('apply', '-f', str(path), '--wait', check=False).returncode == code, name
    daemon.cli('stop', 'stopped')
    for table, body in [('orders', '{"id":1,"customer":"ann","total":5}\n{"id":2,"customer":"bob"}\nnot json\n'),
                        ('clicks', '{"page":"a","n":1}\n{"n":2}\n')]:
        status, _, answer = daemon.request('POST', f'/v1/pipelines/running/tables/{table}:ingest', body.encode(),
                                           content_type='application/x-ndjson', wait='visible')
        assert status == 200, answer
    yield daemon
    daemon.stop()


def described(daemon):
    status, headers, body = daemon.request('GET', '/openapi.json')
    assert status == 200 and headers['Content-Type'] == 'application/json'
    return json.loads(body)


def closed(schema):
    """The same, but it takes no member that is not described: one that the server adds must be described too."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {name: closed(each) for name, each in schema.items()}
    if schema.get('type') == 'object' and 'properties' in schema:
        schema.setdefault('additionalProperties', False)
    return schema


def narrowed(description):
    """Closed, and with parameters that mostly name what there is."""
    for part in ('paths', 'components'):
        description[part] = closed(description[part])
    parameters = description['components']['parameters']
    names = {'Pipeline': ['running', 'completed', 'failed', 'stopped', 'absent'],
             'View': ['per_customer', 'per_page', 'absent'], 'Table': ['orders', 'clicks', 'absent']}
    for component, values in names.items():
        parameters[component]['schema'] = {'type': 'string', 'enum': values}
    for operations in description['paths'].values():
        for operation in operations.values():
            for i, parameter in enumerate(operation.get('parameters', [])):
                if '$ref' in parameter:
                    parameter = dict(parameters[parameter['$ref'].rsplit('/', 1)[1]])
                    operation['parameters'][i] = parameter
                if parameter['name'] in VALUES:
                    parameter['examples'] = {str(n): {'value': value} for n, value in enumerate(VALUES[parameter['name']])}
                if parameter['name'] == 'p' and operation['operationId'] in CHANGING:
                    parameter['schema'] = {'type': 'string', 'enum': ['scratch', 'absent']}
            for kind, media in operation.get('requestBody', {}).get('content', {}).items():
                values = DEFINITIONS if operation['operationId'] != 'ingest' else ROWS
                media['schema'] = {'anyOf': [{'enum': values.get(kind, [])}, media['schema']]}
    return description


def test_the_server_answers_as_described(daemon, tmp_path):
    path = tmp_path / 'openapi.json'
    path.write_text(json.dumps(narrowed(described(daemon))))
    command = [sys.executable, '-m', 'schemathesis.cli', 'run', str(path), '--url', daemon.url(''), '--seed', '1',
               '--checks', ','.join(CHECKS), '--phases', 'examples,coverage,fuzzing', '--max-examples', '10', '--no-shrink',
               '--request-timeout', '20', '--warnings', 'off']
    for operation in STREAMS:
        command += ['--exclude-operation-id', operation]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=SECONDS_MAX)
    print(done.stdout[-20_000:])
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    assert daemon.status('running')['restarts'] == 0
    daemon.assert_no_errors_logged()


def validator(description, name):
    components = closed(description['components'])
    return jsonschema_rs.Draft202012Validator({'$ref': f'#/components/schemas/{name}', 'components': components})


def open_stream(daemon, path, headers=None, **query):
    connection = http.client.HTTPConnection(daemon.endpoints['http'], timeout=20)
    connection.request('GET', path + '?' + urllib.parse.urlencode(query), headers=headers or {})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    return answer


def assert_headers(description, path, answer):
    response = description['paths'][path]['get']['responses']['200']
    for name, header in response['headers'].items():
        if '$ref' in header:
            header = description['components']['headers'][header['$ref'].rsplit('/', 1)[1]]
        value = answer.headers.get(name)
        assert value is not None or not header.get('required'), (name, answer.headers)
        assert value is None or header['schema']['type'] != 'integer' or int(value) >= 0, (name, value)
    assert answer.headers['Content-Type'].split(';')[0] in response['content'], answer.headers


@pytest.mark.parametrize('envelope', ['changes', 'upsert'])
def test_streams_are_as_described(daemon, envelope):
    description = described(daemon)
    pattern = '/v1/pipelines/{p}/views/{v}/changes'
    path = pattern.replace('{v}', 'per_customer')
    lines, events = validator(description, 'ChangesLine'), validator(description, 'ChangesEvent')
    # One that ends, with the rows and an end.
    answer = open_stream(daemon, path.replace('{p}', 'completed'), format='ndjson', envelope=envelope)
    assert_headers(description, pattern, answer)
    seen = [json.loads(line) for line in answer]
    for line in seen:
        lines.validate(line)
    assert sum(len(line.get('changes', [])) for line in seen) == 2 and seen[-1] == {'end': {}}, seen
    # One that goes on: a snapshot, an epoch, a progress mark.
    answer = open_stream(daemon, path.replace('{p}', 'running'), headers={'Accept': 'text/event-stream'}, envelope=envelope)
    assert_headers(description, pattern, answer)
    kinds, event = set(), 'epoch'
    while kinds < {'snapshot', 'epoch', 'progress'}:
        line = answer.readline().decode().rstrip('\n')
        if line.startswith('event: '):
            event = line[7:]
        elif line.startswith('data: '):
            data = json.loads(line[6:])
            events.validate(data)
            kinds.add('snapshot' if data.get('snapshot') else event)
            if data.get('snapshot'):
                body = b'{"id":1,"customer":"ann","total":6}\n{"id":1,"customer":"ann","total":5}\n{"delete":{"id":2}}\n'
                for row in body.splitlines(keepends=True):
                    assert daemon.request('POST', '/v1/pipelines/running/tables/orders:ingest', row,
                                          'application/x-ndjson')[0] == 200
                assert daemon.request('POST', '/v1/pipelines/running/tables/orders:ingest', b'{"id":2,"customer":"bob"}',
                                      'application/x-ndjson', wait='visible')[0] == 200
        elif not line:
            event = 'epoch'
        else:
            assert line.startswith(('id: ', ':')), line
    answer.close()


def test_rows_as_lines_are_as_described(daemon):
    description = described(daemon)
    pattern = '/v1/pipelines/{p}/views/{v}/rows'
    path = '/v1/pipelines/running/views/per_customer/rows'
    answer = open_stream(daemon, path, format='ndjson')
    assert_headers(description, pattern, answer)
    lines = [json.loads(line) for line in answer]
    assert len(lines) == 3 and 'end' in lines[-1]
    for line in lines:
        validator(description, 'RowsLine').validate(line)
    answer = open_stream(daemon, path, format='csv')
    assert_headers(description, pattern, answer)
    assert answer.read().splitlines()[0] == b'customer,n,total'
