"""What the tests of the kit share: the vectors of the contract, and a NATS server of their own."""

from __future__ import annotations

import base64
import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[4]
VECTORS = ROOT / "contracts" / "vectors"


def json_of(name: str) -> Any:
    """A file of contracts/vectors, with `{"base64": …}` as bytes."""
    return json.loads((VECTORS / name).read_text("utf-8"), object_hook=_bytes)


def bytes_of(name: str) -> bytes:
    return (VECTORS / name).read_bytes()


def _bytes(found: dict[str, Any]) -> Any:
    return base64.b64decode(found["base64"]) if list(found) == ["base64"] else found


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


class NatsServer:
    """A nats-server that a test can kill and start again on its port."""

    def __init__(self, configuration: str = "") -> None:
        self._configuration = configuration
        self.port = free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["nats-server", "-a", "127.0.0.1", "-p", str(self.port)]
        if self._configuration:
            command += ["-c", self._configuration]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE)
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if b"Server is ready" in line:
                return
        raise RuntimeError("nats-server did not start")

    def pause(self) -> None:
        """It keeps its connections and answers nothing, until `resume`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        while b") T " not in Path(f"/proc/{self._process.pid}/stat").read_bytes():
            time.sleep(0.001)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


@pytest.fixture
def nats_server() -> Iterator[NatsServer]:
    server = NatsServer()
    server.start()
    yield server
    server.kill()
