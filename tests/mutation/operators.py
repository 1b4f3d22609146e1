"""Mutation operators on the syntax tree: every small change of a source file that a test should notice.

A mutant is named by its file, its function, the code it replaces and the code it puts there, and by which of several
occurrences it is. So its name survives changes elsewhere in the file.
"""

from __future__ import annotations

import ast
import copy
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

Step = tuple[str, int | None]
"""A field of a syntax node, and the index in it where it is a list."""
Path = tuple[Step, ...]


@dataclass(frozen=True)
class Mutant:
    """One change of one file. `statement`: the first line of the statement around it. `at` is the path of the replaced
    node in the syntax tree, `line` its line there; `immediate`: whether the changed code runs on import, rather than
    when a function is called."""

    file: str
    function: str
    statement: str
    kind: str
    old: str
    new: str
    occurrence: int
    line: int
    at: Path
    replacement: ast.AST | None
    immediate: bool

    @property
    def key(self) -> str:
        parts = (self.file, self.function, self.statement, self.kind, self.old, self.new, str(self.occurrence))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    def __str__(self) -> str:
        change = f"{self.file}:{self.line} {self.function}: {self.kind}: {self.old}  ->  {self.new}"
        return change if self.old == self.statement else f"{change}  in  {self.statement}"


COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
OPPOSITE = {
    "min": "max",
    "minimum": "maximum",
    "argmin": "argmax",
    "any": "all",
    "logical_and": "logical_or",
    "union": "intersection",
}
OPPOSITES = OPPOSITE | {new: old for old, new in OPPOSITE.items()}
SKIPPED = (ast.JoinedStr, ast.Assert, ast.Import, ast.ImportFrom)
"""Texts of messages; assertions, which tell the type checker what the code before them made sure of."""

Variant = tuple[str, ast.AST | None]
"""(the kind of a mutation, what it puts in a node's place; None deletes a statement)"""


def mutants(source: str, file: str) -> list[Mutant]:
    """All mutants of a source file, in the order of its syntax tree."""
    found: list[Mutant] = []
    seen: Counter[tuple[str, ...]] = Counter()
    tree = ast.parse(source)
    for node, path, function, immediate in _walk(tree):
        for kind, new in _variants(node):
            name = function, _statement_at(tree, path), kind, _shown(node), _shown(new)
            if name[-1] == name[-2]:
                continue
            line = node.target.lineno if isinstance(node, ast.comprehension) else getattr(node, "lineno", 0)
            found.append(Mutant(file, *name, seen[name], line, path, new, immediate))
            seen[name] += 1
    return found


def mutated(source: str, mutant: Mutant) -> ast.Module:
    """The syntax tree of a source file with a mutant of it in effect."""
    tree = ast.parse(source)
    parent: ast.AST = tree
    for field, index in mutant.at[:-1]:
        child = getattr(parent, field)
        parent = child if index is None else child[index]
    field, index = mutant.at[-1]
    old = getattr(parent, field) if index is None else getattr(parent, field)[index]
    new = ast.copy_location(ast.Pass() if mutant.replacement is None else copy.deepcopy(mutant.replacement), old)
    if index is None:
        setattr(parent, field, new)
    else:
        getattr(parent, field)[index] = new
    return ast.fix_missing_locations(tree)


def _statement_at(tree: ast.Module, path: Path) -> str:
    """The first line of the innermost statement on a path."""
    node: ast.AST = tree
    found: ast.AST = tree
    for field, index in path:
        child = getattr(node, field)
        node = child if index is None else child[index]
        found = node if isinstance(node, ast.stmt) else found
    return ast.unparse(found).split("\n")[0]


def _shown(node: ast.AST | None) -> str:
    """The code of a node; of an `if` or a loop its first line."""
    code = "pass" if node is None else ast.unparse(node)
    return code.split("\n")[0] if isinstance(node, (ast.If, ast.While)) else code


def _walk(tree: ast.Module) -> Iterator[tuple[ast.AST, Path, str, bool]]:
    """(a node that may be mutated, its path, the function it stands in, whether it runs on import)"""
    stack: list[tuple[ast.AST, Path, tuple[str, ...], bool]] = [(tree, (), (), True)]
    while stack:
        node, path, names, immediate = stack.pop()
        if isinstance(node, SKIPPED) or _is_type_checking(node) or _is_listing(node):
            continue
        yield node, path, ".".join(names), immediate
        inner: list[tuple[ast.AST, Path, tuple[str, ...], bool]] = []
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns", "decorator_list", "bases", "type_params"):
                continue
            if isinstance(node, ast.keyword) and node.arg == "strict":
                continue  # of zip: an assertion that lengths are the same
            within = isinstance(node, (ast.FunctionDef, ast.Lambda)) and field == "body"
            scope = names
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                scope = (*names, node.name)
            later = immediate and not within
            if isinstance(value, ast.AST):
                inner.append((value, (*path, (field, None)), scope, later))
            elif isinstance(value, list):
                children = [(i, c) for i, c in enumerate(value) if isinstance(c, ast.AST)]
                inner += [(c, (*path, (field, i)), scope, later) for i, c in children if not _is_docstring(c)]
        stack += reversed(inner)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _is_listing(node: ast.AST) -> bool:
    """Whether it is __all__, or an alias of a type."""
    if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
        return False
    name = node.targets[0].id
    return name == "__all__" or (isinstance(node.value, ast.Subscript) and name[:1].isupper() and not name.isupper())


def _variants(node: ast.AST) -> Iterator[Variant]:
    if isinstance(node, ast.Compare):
        yield from _compared(node)
    elif isinstance(node, ast.BinOp):
        yield from _binary(node)
    elif isinstance(node, ast.BoolOp):
        yield from _connected(node)
    elif isinstance(node, ast.UnaryOp):
        if not isinstance(node.operand, ast.Constant):
            yield "operator dropped", node.operand
    elif isinstance(node, ast.Constant):
        yield from _constant(node)
    elif isinstance(node, (ast.Name, ast.Attribute)):
        yield from _opposite(node)
    elif isinstance(node, ast.IfExp):
        yield "condition forced", node.body
        yield "condition forced", node.orelse
    elif isinstance(node, ast.comprehension):
        for i in range(len(node.ifs)):
            changed = copy.deepcopy(node)
            del changed.ifs[i]
            yield "filter dropped", changed
    elif isinstance(node, ast.stmt):
        yield from _statement(node)


def _compared(node: ast.Compare) -> Iterator[Variant]:
    for i, op in enumerate(node.ops):
        for new in COMPARISONS[type(op)]:
            changed = copy.deepcopy(node)
            changed.ops[i] = new()
            yield "comparison", changed


def _binary(node: ast.BinOp) -> Iterator[Variant]:
    other = ARITHMETIC.get(type(node.op))
    text = any(isinstance(x, ast.JoinedStr) or _is_text(x) for x in (node.left, node.right))
    if other is None or text:
        return
    changed = copy.deepcopy(node)
    changed.op = other()
    yield "arithmetic", changed
    yield "operand dropped", node.left
    if isinstance(node.op, (ast.Add, ast.Mult, ast.BitAnd, ast.BitOr)):
        yield "operand dropped", node.right


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _connected(node: ast.BoolOp) -> Iterator[Variant]:
    changed = copy.deepcopy(node)
    changed.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield "and/or", changed
    for i in range(len(node.values)):
        left = [v for j, v in enumerate(node.values) if j != i]
        yield "operand dropped", left[0] if len(left) == 1 else ast.BoolOp(node.op, left)


def _constant(node: ast.Constant) -> Iterator[Variant]:
    value = node.value
    if isinstance(value, bool):
        yield "flag flipped", ast.Constant(not value)
    elif isinstance(value, (int, float)):
        others = {value + 1: None, value - 1: None} if isinstance(value, int) else {}
        for other in {**others, value * 2: None, type(value)(0): None}:
            if other != value:
                yield "constant", ast.Constant(other)


def _opposite(node: ast.Name | ast.Attribute) -> Iterator[Variant]:
    name = node.id if isinstance(node, ast.Name) else node.attr
    if name in OPPOSITES and isinstance(node.ctx, ast.Load):
        changed = copy.deepcopy(node)
        if isinstance(changed, ast.Name):
            changed.id = OPPOSITES[name]
        else:
            changed.attr = OPPOSITES[name]
        yield "opposite", changed


def _statement(node: ast.stmt) -> Iterator[Variant]:
    if isinstance(node, (ast.If, ast.While)):
        for forced in (True, False) if isinstance(node, ast.If) else (False,):
            changed = copy.deepcopy(node)
            changed.test = ast.Constant(forced)
            yield "condition forced", changed
    elif isinstance(node, ast.Return):
        if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
            yield "result dropped", ast.Return(ast.Constant(None))
    elif isinstance(node, (ast.Expr, ast.Raise, ast.Continue, ast.Break)):
        yield "statement deleted", None
    elif isinstance(node, ast.AugAssign):
        yield "statement deleted", None
        other = ARITHMETIC.get(type(node.op))
        if other is not None:
            yield "arithmetic", ast.AugAssign(node.target, other(), node.value)
    elif isinstance(node, ast.Assign) and not isinstance(node.targets[0], (ast.Name, ast.Tuple)):
        yield "statement deleted", None
