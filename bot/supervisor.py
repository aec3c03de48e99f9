"""`konbit up`: the three processes of one machine, started and stopped together."""

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from types import FrameType

from bot.runtime import CannotStart

STOP_SECONDS = 10
READY_SECONDS = 120
LOOK_SECONDS = 0.2


class _Stopped(Exception):
    """A signal asked us to end."""


def run_together(commands: dict[str, list[str]], *, ready_url: str, announce: str) -> int:
    """Start `konbit` with each list of arguments; when one ends or a signal comes, end all.

    Returns the exit code: 0 after a signal, 1 when a process ended by itself.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _raise_stopped)
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, arguments in commands.items():
            # In their own group: Ctrl-C reaches us alone, and we end them in order.
            processes[name] = subprocess.Popen(
                [sys.executable, "-m", "bot", *arguments], start_new_session=True
            )
        _wait_ready(ready_url, processes)
        print(announce, flush=True)
        ended = _wait_for_end(processes)
        print(f"The {ended} process ended; stopping the others.", file=sys.stderr)
        return 1
    except _Stopped:
        print("Stopping.", flush=True)
        return 0
    finally:
        _stop(processes)


def _raise_stopped(number: int, frame: FrameType | None) -> None:
    raise _Stopped


def _wait_ready(url: str, processes: dict[str, subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if ended := _ended(processes):
            raise CannotStart(f"The {ended} process did not start; see the message above.")
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(LOOK_SECONDS)
    raise CannotStart(f"{url} did not answer within {READY_SECONDS} seconds.")


def _wait_for_end(processes: dict[str, subprocess.Popen[bytes]]) -> str:
    while True:
        if ended := _ended(processes):
            return ended
        time.sleep(LOOK_SECONDS)


def _ended(processes: dict[str, subprocess.Popen[bytes]]) -> str | None:
    return next((name for name, process in processes.items() if process.poll() is not None), None)


def _stop(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    # A second Ctrl-C must not leave a process behind.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    for process in processes.values():
        if process.poll() is None:
            process.terminate()
    for process in processes.values():
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
