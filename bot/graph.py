"""Rasa's trained graph, run in an order found once.

Rasa asks dask to find the order anew for each of the three runs of a turn; on a chain of
a dozen small steps that costs more than the steps themselves.
"""

from collections.abc import Sequence
from graphlib import TopologicalSorter
from typing import Any

from rasa.engine.runner.dask import DaskGraphRunner


class OrderedRunner:
    """Stands where Rasa's `DaskGraphRunner` stood, over the same loaded nodes."""

    def __init__(self, runner: DaskGraphRunner) -> None:
        self._schema = runner._graph_schema
        self._nodes = runner._instantiated_nodes
        self._orders: dict[tuple[str, ...], list[tuple[str, list[str]]]] = {}

    def run(self, inputs: dict[str, Any], targets: Sequence[str]) -> dict[str, Any]:
        """Run what the targets need; returns each target's output."""
        outputs = {name: (name, value) for name, value in inputs.items()}
        for name, needs in self._order(tuple(targets)):
            outputs[name] = self._nodes[name](*(outputs[need] for need in needs))
        return {target: outputs[target][1] for target in targets}

    def _order(self, targets: tuple[str, ...]) -> list[tuple[str, list[str]]]:
        if targets not in self._orders:
            nodes = self._schema.minimal_graph_schema(list(targets)).nodes
            needs = {name: list(node.needs.values()) for name, node in nodes.items()}
            order = TopologicalSorter(needs).static_order()
            # What the sorter names and no node makes is an input of the run.
            self._orders[targets] = [(name, needs[name]) for name in order if name in needs]
        return self._orders[targets]
