"""The preview of a stack: the tree of its resources."""

from __future__ import annotations

from collections import Counter, defaultdict

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from sandbox.evaluation.declared import Declaration, Resource


def preview(declaration: Declaration, stack: str) -> RenderableType:
    """Render components with their resources, then the number of resources of each type."""
    children: dict[str, list[Resource]] = defaultdict(list)
    for resource in declaration.resources:
        children[resource.parent].append(resource)
    known = {resource.urn for resource in declaration.resources}
    tree = Tree(Text(f"stack {stack}", style="bold"))
    for parent in [urn for urn in children if urn not in known]:
        _add(tree, children[parent], children)
    counts = Counter(resource.type for resource in declaration.resources if resource.custom)
    table = Table("type", "count", title=f"{counts.total()} resources of {len(counts)} types", title_justify="left")
    for type_, count in sorted(counts.items()):
        table.add_row(type_, str(count))
    return Group(tree, table)


def _add(tree: Tree, resources: list[Resource], children: dict[str, list[Resource]]) -> None:
    # Components first, so that the outline is readable.
    for resource in sorted(resources, key=lambda resource: (resource.custom, resource.type, resource.name)):
        label = Text(resource.name, style="default" if resource.custom else "bold cyan")
        label.append(f"  {resource.type}", style="dim")
        _add(tree.add(label), children[resource.urn], children)
