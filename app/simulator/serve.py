"""Run the simulator as a process of its own, on loopback only."""

from __future__ import annotations

import ipaddress
import signal
import sys
from pathlib import Path
from types import FrameType

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from app.simulator.clock import Clock, FileClock, SystemClock
from app.simulator.courier import Courier
from app.simulator.server import create_simulator
from app.simulator.state import State


def serve(port: int, data_dir: Path | None, clock_file: Path | None, host: str = "127.0.0.1") -> None:
    """Serve until SIGTERM or SIGINT, then return. Call it in the main thread.

    Port 0 picks a free one; either way one line `simulator: http://127.0.0.1:PORT` is printed once calls are taken.
    The ground truth lives in `data_dir/simulator.sqlite3`, or with None in memory; time comes from `clock_file`, or
    with None from the machine. ValueError for a host that isn't loopback: whoever reaches the simulator rules it.
    """
    if not _is_loopback(host):
        raise ValueError(f"The simulator only listens on this machine itself, such as 127.0.0.1, not on {host}.")
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    state = State(_state_file(data_dir))
    server = _listening(host, port, state, FileClock(clock_file) if clock_file else SystemClock())
    courier = Courier(server.app.extensions["simulator"])  # type: ignore[attr-defined]  # it is our Flask
    courier.start()
    try:
        _tell(f"simulator: {_address(server)}")
        server.serve_forever()
    except _Stopped:
        pass
    finally:
        courier.stop()
        server.server_close()
        state.close()


class _Stopped(BaseException):
    """Someone asked the process to end."""


class _QuietHandler(WSGIRequestHandler):
    """Keeps connections open between requests and writes no line for each."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def _listening(host: str, port: int, state: State, clock: Clock) -> BaseWSGIServer:
    """A server that is bound: only then is the address known that the application tells its clients."""
    server = make_server(host, port, Flask("starting"), threaded=True, request_handler=_QuietHandler)
    server.app = create_simulator(state, clock, _address(server))
    return server


def _address(server: BaseWSGIServer) -> str:
    name = f"[{server.host}]" if ":" in server.host else server.host
    return f"http://{name}:{server.port}"


def _state_file(data_dir: Path | None) -> Path | None:
    if data_dir is None:
        return None
    data_dir.mkdir(parents=True, exist_ok=True)
    return data_dir / "simulator.sqlite3"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise _Stopped
