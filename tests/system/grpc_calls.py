"""Calls of the control API over gRPC, with messages that protoc makes from proto/ for the test run."""
import importlib
import pathlib
import subprocess
import sys
import tempfile

import grpc
from freshet_daemon import ROOT

_generated = None


def messages(module):
    """A module of messages: messages('plan') is freshet/v1/plan.proto."""
    global _generated
    if _generated is None:
        _generated = tempfile.TemporaryDirectory()
        protos = sorted(str(path.relative_to(ROOT / 'proto')) for path in (ROOT / 'proto').rglob('*.proto'))
        subprocess.run(['protoc', f'-I{ROOT / "proto"}', f'--python_out={_generated.name}', *protos], check=True)
        sys.path.insert(0, _generated.name)
    return importlib.import_module(f'freshet.v1.{module}_pb2')


class Client:
    """One channel to a daemon. Requests and answers are bytes."""

    def __init__(self, daemon):
        self.channel = grpc.insecure_channel(daemon.endpoints['grpc'])

    def call(self, method, request, timeout=30):
        """(status code, details, answer) of a unary call, whatever it is."""
        stub = self.channel.unary_unary(method, request_serializer=bytes, response_deserializer=bytes)
        try:
            return grpc.StatusCode.OK, '', stub(request, timeout=timeout)
        except grpc.RpcError as error:
            return error.code(), error.details(), b''

    def stream(self, method, requests, timeout=30):
        """The answers of a bidirectional stream."""
        stub = self.channel.stream_stream(method, request_serializer=bytes, response_deserializer=bytes)
        return list(stub(iter(requests), timeout=timeout))

    def watch(self, method, request, timeout=30):
        return self.channel.unary_stream(method, request_serializer=bytes, response_deserializer=bytes)(
            request, timeout=timeout)

    def close(self):
        self.channel.close()
