"""Health and reflection of the control API, as probes and grpcurl use them."""
import grpc
import pytest
from grpc_calls import Client

HEALTH = '/grpc.health.v1.Health/Check'
REFLECTION = '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo'
SERVING = b'\x08\x01'  # HealthCheckResponse{status: SERVING}


def field(number, payload):
    """A length-delimited field of a message."""
    return bytes([number << 3 | 2, len(payload)]) + payload


@pytest.fixture
def client(daemon):
    client = Client(daemon)
    yield client
    client.close()


@pytest.mark.parametrize('service', ['', 'freshet.v1.PipelineService'])
def test_health(client, service):
    request = field(1, service.encode()) if service else b''
    assert client.call(HEALTH, request) == (grpc.StatusCode.OK, '', SERVING)


def test_health_of_an_unknown_service(client):
    code, _, _ = client.call(HEALTH, field(1, b'freshet.v1.Nothing'))
    assert code == grpc.StatusCode.NOT_FOUND


def test_reflection_lists_the_services(client):
    (answer,) = client.stream(REFLECTION, [field(7, b'*')])
    for service in (b'freshet.v1.PipelineService', b'freshet.v1.CheckpointService', b'grpc.health.v1.Health'):
        assert service in answer


def test_reflection_gives_the_descriptors(client):
    (answer,) = client.stream(REFLECTION, [field(4, b'freshet.v1.PipelineService')])
    for name in (b'CreatePipeline', b'WatchPipeline', b'freshet/v1/pipeline_service.proto'):
        assert name in answer
    (answer,) = client.stream(REFLECTION, [field(4, b'freshet.v1.Nothing')])
    assert b'CreatePipeline' not in answer


def test_unknown_methods_are_unimplemented(client):
    code, _, _ = client.call('/freshet.v1.PipelineService/Nothing', b'')
    assert code == grpc.StatusCode.UNIMPLEMENTED
    code, _, _ = client.call('/freshet.v1.Nothing/CreatePipeline', b'')
    assert code == grpc.StatusCode.UNIMPLEMENTED


def test_health_ends_with_the_daemon(daemon, client):
    assert client.call(HEALTH, b'')[0] == grpc.StatusCode.OK
    assert daemon.stop() == 0
    assert client.call(HEALTH, b'', timeout=5)[0] in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
