"""Mutants of the rules' modules: each differs from the original in one condition.

Owns the making of mutants. Whether a fixture notices one is `test_mutants`'s to find out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_NAMES = {"min": "max", "max": "min", "all": "any", "any": "all"}
_CERTAINTIES = {"YES": "NO", "NO": "YES", "UNDECIDED": "NO"}


@dataclass(frozen=True)
class Mutant:
    """One mutant.

    Attributes:
        name: the line and what was changed there.
        tree: the whole module, changed.
    """

    name: str
    tree: ast.Module


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a module: a comparison, a connective, a negation, a verdict turned round."""
    original = ast.parse(source)
    for number, node in enumerate(ast.walk(original)):
        for change in _changes(node):
            tree = deepcopy(original)
            copy = next(each for at, each in enumerate(ast.walk(tree)) if at == number)
            told = change(copy)
            line = source.splitlines()[node.lineno - 1].strip()  # type: ignore[attr-defined]
            yield Mutant(f"{told}: {line}", ast.fix_missing_locations(tree))


def _changes(node: ast.AST) -> list[_Change]:
    if isinstance(node, ast.Compare):
        return [_Compare(at) for at in range(len(node.ops))]
    if isinstance(node, ast.BoolOp):
        return [_Connective()]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return [_Negation()]
    if isinstance(node, ast.IfExp):
        return [_Branches()]
    if isinstance(node, ast.Name) and node.id in _NAMES:
        return [_Renamed()]
    if isinstance(node, ast.Attribute) and node.attr in _CERTAINTIES:
        return [_Verdict()]
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return [_Truth()]
    return []


class _Change:
    """Changes a node in place, and tells how."""

    def __call__(self, node: ast.AST) -> str:
        raise NotImplementedError


@dataclass
class _Compare(_Change):
    at: int

    def __call__(self, node: ast.AST) -> str:
        assert isinstance(node, ast.Compare)
        old = type(node.ops[self.at])
        node.ops[self.at] = _COMPARISONS[old]()
        return f"{old.__name__} to {_COMPARISONS[old].__name__}"


class _Connective(_Change):
    def __call__(self, node: ast.AST) -> str:
        assert isinstance(node, ast.BoolOp)
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return f"to {type(node.op).__name__.lower()}"


class _Negation(_Change):
    def __call__(self, node: ast.AST) -> str:
        assert isinstance(node, ast.UnaryOp)
        node.op = ast.Not()
        node.operand = ast.UnaryOp(ast.Not(), node.operand)
        return "not taken away"


class _Branches(_Change):
    def __call__(self, node: ast.AST) -> str:
        assert isinstance(node, ast.IfExp)
        node.body, node.orelse = node.orelse, node.body
        return "branches changed over"


class _Renamed(_Change):
    def __call__(self, node: ast.AST) -> str:
        assert isinstance(node, ast.Name)
        old, node.id = node.id, _NAMES[node.id]
        return f"{old} to {node.id}"


class _Verdict(_Change):
    def __call__(self, node: ast.AST) -> str:
        assert isinstance(node, ast.Attribute)
        old, node.attr = node.attr, _CERTAINTIES[node.attr]
        return f"{old} to {node.attr}"


class _Truth(_Change):
    def __call__(self, node: ast.AST) -> str:
        assert isinstance(node, ast.Constant)
        node.value = not node.value
        return f"to {node.value}"
