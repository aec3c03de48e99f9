"""`make bench`: what a full stored turn costs over HTTP, and whether it grows.

One client on one connection against `konbit serve` on SQLite; every turn is stored
before and after it is answered. Medians in one run on one machine. Beside the wall
clock stands the processor time of the server, which a busy machine disturbs less.
"""

import os
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
SHORT_ONES = 20
LONG_ONES = 4
LONG = 312
EARLY, LATE = 10, 300


class Talk:
    """One conversation, measured turn by turn."""

    def __init__(self, server: Server) -> None:
        self._client = Client(server.port)
        _, opened = self._client.post("/chat/sessions", {})
        self._token = opened["token"]
        self.costs: list[float] = []

    def turn(self) -> None:
        number = len(self.costs)
        body = {"id": str(number), "text": CONVERSATION[number % len(CONVERSATION)]}
        started = time.perf_counter()
        status, _ = self._client.post("/chat/messages", body, self._token)
        self.costs.append((time.perf_counter() - started) * 1000)
        assert status == 200

    def around(self, turn: int) -> list[float]:
        """One round of the conversation around a turn, so that all turns see the same words."""
        half = len(CONVERSATION) // 2
        return self.costs[turn - half : turn + half]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
        warm = Talk(server)
        for _ in range(3 * len(CONVERSATION)):
            warm.turn()
        before = _processor_ms(server)
        short = [Talk(server) for _ in range(SHORT_ONES)]
        for talk in short:
            for _ in CONVERSATION:
                talk.turn()
        spent = (_processor_ms(server) - before) / (SHORT_ONES * len(CONVERSATION))
        long = [Talk(server) for _ in range(LONG_ONES)]
        for _ in range(LONG):
            for talk in long:
                talk.turn()
    costs = [cost for talk in short for cost in talk.costs]
    early = statistics.median(cost for talk in long for cost in talk.around(EARLY))
    late = statistics.median(cost for talk in long for cost in talk.around(LATE))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"turns measured      {len(costs)}")
    print(f"p50                 {statistics.median(costs):.1f} ms")
    print(f"p95                 {statistics.quantiles(costs, n=20)[-1]:.1f} ms")
    print(f"processor time      {spent:.1f} ms a turn")
    print(f"turn {EARLY}             {early:.1f} ms")
    print(f"turn {LATE}            {late:.1f} ms")
    print(f"turn {LATE} / turn {EARLY}  {late / early:.2f}")


def _processor_ms(server: Server) -> float:
    """Milliseconds of processor time the server has used (Linux)."""
    assert server.process is not None
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
