"""`make bench`: what a full stored turn costs over HTTP, and whether it grows.

One client on one connection against `konbit serve` on SQLite; every turn is stored
before and after it is answered. Medians in one run on one machine.
"""

import platform
import statistics
import tempfile
import time
from pathlib import Path

from tests.server import Client, Server, running

CONVERSATION = (
    "i have no food for my kids",
    "yes",
    "33127",
    "what time do you open?",
    "no",
    "thank you",
    "how much does a visit cost without insurance",
    "me van a cortar la luz el viernes",
    "no",
    "33135",
    "si",
    "mwen bezwen yon randevou ak doktè a",
)
LONG = 310


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
        short = [cost for _ in range(20) for cost in _talk(server, len(CONVERSATION))]
        long = _talk(server, LONG)
    early, late = _around(long, 10), _around(long, 300)
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    print(f"turns measured      {len(short)}")
    print(f"p50                 {statistics.median(short):.1f} ms")
    print(f"p95                 {statistics.quantiles(short, n=20)[-1]:.1f} ms")
    print(f"turn 10             {early:.1f} ms (median of {len(CONVERSATION)} turns around it)")
    print(f"turn 300            {late:.1f} ms")
    print(f"turn 300 / turn 10  {late / early:.2f}")


def _talk(server: Server, turns: int) -> list[float]:
    """Milliseconds of each turn of one conversation."""
    client = Client(server.port)
    _, opened = client.post("/chat/sessions", {})
    costs = []
    for number in range(turns):
        text = CONVERSATION[number % len(CONVERSATION)]
        started = time.perf_counter()
        status, _ = client.post(
            "/chat/messages", {"id": str(number), "text": text}, opened["token"]
        )
        costs.append((time.perf_counter() - started) * 1000)
        assert status == 200
    return costs


def _around(costs: list[float], turn: int) -> float:
    """Median of whole conversations' worth of turns around one, so that both see the same."""
    half = len(CONVERSATION) // 2
    return statistics.median(costs[max(turn - half, 0) : turn + half])


if __name__ == "__main__":
    main()
