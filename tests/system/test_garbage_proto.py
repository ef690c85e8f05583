"""Typed plans over gRPC that no front end would make: each gets a clean answer, and a good pipeline goes on."""
import random

import grpc
import pytest
from good_neighbour import GoodNeighbour, assert_memory_below
from grpc_calls import Client, messages

CREATE = '/freshet.v1.PipelineService/CreatePipeline'
VALIDATE = '/freshet.v1.PipelineService/ValidatePipeline'
EXPLAIN = '/freshet.v1.PipelineService/ExplainPipeline'

# What a request may be answered with; UNKNOWN and INTERNAL are defects, UNAVAILABLE is a dead daemon.
CLEAN = {grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.ALREADY_EXISTS,
         grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.RESOURCE_EXHAUSTED,
         grpc.StatusCode.NOT_FOUND}
UNREADABLE = CLEAN | {grpc.StatusCode.INTERNAL}  # what is no message at all is gRPC's own to refuse


@pytest.fixture
def good(daemon):
    neighbour = GoodNeighbour(daemon)
    yield neighbour
    neighbour.check()
    assert_memory_below(daemon, 1024)


@pytest.fixture
def client(daemon):
    client = Client(daemon)
    yield client
    client.close()


def typed_request(name='typed'):
    """A valid request to create a pipeline of typed nodes and expressions."""
    request = messages('pipeline_service').CreatePipelineRequest(pipeline_id=name, validate_only=True)
    types = messages('type')
    plan = request.pipeline.definition.plan
    plan.name = name
    for table, columns in (('sales', ('shop', 'amount')), ('shops', ('shop', 'city'))):
        added = plan.tables.add(name=table)
        for column in columns:
            added.columns.add(name=column).type.kind = types.TEXT if column == 'city' else types.BIGINT
        source = added.sources.add(connector='files')
        source.options.update({'path': f'{table}.csv', 'format': 'csv', 'mode': 'static'})
    join = plan.views.add(name='joined').node.join
    join.left.input, join.right.input, join.kind = 'sales', 'shops', messages('plan').LEFT
    call = join.condition.call
    call.function = '='
    for relation in ('sales', 'shops'):
        column = call.arguments.add().column
        column.relation, column.name = relation, 'shop'
    view = plan.views.add(name='totals', materialized=True, key=['city'])
    aggregate = view.node.aggregate
    condition = aggregate.input.filter.condition.call
    condition.function = '>'
    condition.arguments.add().column.name = 'amount'
    literal = condition.arguments.add().literal
    literal.text, literal.type.kind = '3', types.BIGINT
    aggregate.input.filter.input.input = 'joined'
    aggregate.keys.add(name='city').expression.column.name = 'city'
    value = aggregate.values.add(name='n').expression.call
    value.function, value.star = 'count', True
    return request


def fields_of(message):
    """All (message, field descriptor) below a message that are set."""
    found = []
    for field, value in message.ListFields():
        found.append((message, field))
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        for child in value if field.label == field.LABEL_REPEATED else [value]:
            found += fields_of(child)
    return found


def random_scalar(chance, field):
    if field.cpp_type == field.CPPTYPE_STRING:
        texts = ['', 'totals', 'joined', 'sales', 'shop', 'no such', 'x' * 10_000, '\x00', '𝄞', 'count', '-1', '1e999', '$']
        text = chance.choice(texts)
        return text.encode() if field.type == field.TYPE_BYTES else text
    if field.cpp_type == field.CPPTYPE_BOOL:
        return chance.random() < 0.5
    if field.cpp_type == field.CPPTYPE_ENUM:
        return chance.choice([0, 1, 2, 5, 17, 2**31 - 1, -1])
    if field.cpp_type in (field.CPPTYPE_DOUBLE, field.CPPTYPE_FLOAT):
        return chance.choice([0.0, -1.0, float('inf'), float('nan')])
    unsigned = field.cpp_type in (field.CPPTYPE_UINT32, field.CPPTYPE_UINT64)
    wide = field.cpp_type in (field.CPPTYPE_INT64, field.CPPTYPE_UINT64)
    bits = 64 if wide else 32
    return chance.choice([0, 1, 2**bits - 1 if unsigned else 2**(bits - 1) - 1, 0 if unsigned else -2**(bits - 1)])


def mutate(chance, request):
    """Changes one field somewhere: clears it, doubles it, gives it another value."""
    message, field = chance.choice(fields_of(request.pipeline.definition.plan))
    repeated = field.label == field.LABEL_REPEATED
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        getattr(message, field.name)[chance.choice(['path', 'format', 'nonsense', ''])] = chance.choice(['', 'csv', '/', '../..'])
        return
    choice = chance.random()
    if choice < 0.3:
        message.ClearField(field.name)
    elif repeated:
        values = getattr(message, field.name)
        if choice < 0.6:
            values.extend(list(values) * chance.choice([1, 3]))
        elif field.message_type is None:
            values.append(random_scalar(chance, field))
        else:
            values.add()
    elif field.message_type is None:
        setattr(message, field.name, random_scalar(chance, field))
    else:
        # Another message of the same type from somewhere else in the request.
        others = [getattr(m, f.name) for m, f in fields_of(request.pipeline.definition.plan)
                  if f.message_type is field.message_type and f.label != f.LABEL_REPEATED]
        copy = type(getattr(message, field.name))()
        copy.CopyFrom(chance.choice(others))
        getattr(message, field.name).CopyFrom(copy)


def wrap(number, payload):
    """A length-delimited field around a message, by hand: the libraries refuse what is nested too deep."""
    return header(number, len(payload)) + payload


def header(number, size):
    length = b''
    while size > 0x7F:
        length, size = length + bytes([size & 0x7F | 0x80]), size >> 7
    return bytes([number << 3 | 2]) + length + bytes([size])


def nest(depth, payload, layers):
    """`payload` in so many times the layers, innermost first; a layer is a field's number and what stands before it."""
    pieces, size = [payload], len(payload)
    for _ in range(depth):
        for number, before in layers:
            pieces.append(before + header(number, size))
            size += len(pieces[-1])
    return b''.join(reversed(pieces))


def test_the_request_is_valid(client, good):
    assert client.call(CREATE, typed_request().SerializeToString())[0] == grpc.StatusCode.OK


@pytest.mark.parametrize('seed', range(3))
def test_random_mutations(client, good, seed):
    chance = random.Random(seed)
    codes = set()
    for _ in range(150):
        request = typed_request()
        for _ in range(chance.choice([1, 1, 2, 5])):
            mutate(chance, request)
        code, details, _ = client.call(CREATE, request.SerializeToString())
        assert code in CLEAN, (code, details, str(request))
        assert code == grpc.StatusCode.OK or details, str(request)
        codes.add(code)
    assert {grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT} <= codes


@pytest.mark.parametrize('seed', range(2))
def test_random_bytes(client, good, seed):
    chance = random.Random(seed)
    valid = typed_request().SerializeToString()
    for _ in range(150):
        garbled = bytearray(valid)
        for _ in range(chance.choice([1, 2, 10])):
            garbled[chance.randrange(len(garbled))] = chance.randrange(256)
        for method in (CREATE, VALIDATE, EXPLAIN):
            code, details, _ = client.call(method, bytes(garbled[:chance.randrange(1, len(garbled) + 1)]))
            assert code in UNREADABLE, (code, details)


def test_cycles_and_dangling_inputs(client, good):
    for name, reads in (('joined', 'totals'), ('joined', 'joined'), ('joined', 'nowhere'), ('joined', '')):
        request = typed_request()
        view = next(view for view in request.pipeline.definition.plan.views if view.name == name)
        view.node.join.left.input = reads
        code, details, _ = client.call(CREATE, request.SerializeToString())
        assert code == grpc.StatusCode.INVALID_ARGUMENT and details, (name, reads, code, details)


@pytest.mark.parametrize('depth', [90, 400, 5_000, 100_000])
@pytest.mark.parametrize('kind', ['nodes', 'expressions'])
def test_deep_trees(client, good, kind, depth):
    """Deep nodes (distinct of distinct ...) and expressions (not not ...), coded by hand."""
    if kind == 'nodes':
        node = nest(depth, wrap(1, b'sales'),
                    [(field_number('Distinct', 'input'), b''), (field_number('Node', 'distinct'), b'')])
    else:
        node = negations(depth)
    view = wrap(1, b'deep') + b'\x10\x01' + wrap(field_number('View', 'node'), node)
    plan = typed_request().pipeline.definition.plan.SerializeToString() + wrap(4, view)
    request = wrap(2, wrap(3, wrap(2, plan))) + b'\x18\x01'
    code, details, _ = client.call(CREATE, request, timeout=120)
    assert code in UNREADABLE, (code, details)
    assert depth < 1000 or code != grpc.StatusCode.OK


def field_number(message, field, module='plan'):
    return getattr(messages(module), message).DESCRIPTOR.fields_by_name[field].number


def negations(depth):
    """A filter of not not ... amount."""
    call, function, arguments = (field_number('Expression', 'call', 'expression'),
                                 field_number('FunctionCall', 'function', 'expression'),
                                 field_number('FunctionCall', 'arguments', 'expression'))
    column = wrap(field_number('Expression', 'column', 'expression'),
                  wrap(field_number('ColumnReference', 'name', 'expression'), b'amount'))
    condition = nest(depth, column, [(arguments, wrap(function, b'not')), (call, b'')])
    filtered = wrap(1, wrap(1, b'sales')) + wrap(field_number('Filter', 'condition'), condition)
    return wrap(field_number('Node', 'filter'), filtered)


@pytest.mark.parametrize('what', ['views', 'columns', 'arguments', 'keys', 'sources', 'options', 'unions'])
def test_huge_lists(client, good, what):
    request = typed_request()
    plan = request.pipeline.definition.plan
    if what == 'views':
        for i in range(50_000):
            plan.views.add(name=f'v{i}').node.input = 'sales'
    elif what == 'columns':
        for i in range(3_000):
            plan.tables[0].columns.add(name=f'c{i}').type.kind = messages('type').BIGINT
    elif what == 'arguments':
        call = plan.views[1].node.aggregate.input.filter.condition.call
        call.function = 'or'
        for _ in range(100_000):
            call.arguments.add().column.name = 'amount'
    elif what == 'keys':
        plan.views[1].key.extend(['city'] * 100_000)
    elif what == 'sources':
        for _ in range(20_000):
            plan.tables[0].sources.add().CopyFrom(plan.tables[0].sources[0])
    elif what == 'options':
        plan.tables[0].sources[0].options.update({f'o{i}': 'x' for i in range(50_000)})
    else:
        for _ in range(50_000):
            plan.views[0].node.union.inputs.add().input = 'sales'
    code, details, _ = client.call(CREATE, request.SerializeToString(), timeout=120)
    assert code in CLEAN, (code, details)
