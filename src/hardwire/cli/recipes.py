"""`hardwire recipes`: list the Cookbook by theme, or show one recipe with its measurements."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from .app import AsJson, Debug, app, reporting
from .show import new_table, print_table, to_json

group = typer.Typer(
    help="The Cookbook: constructions with real weights, and complete models made of them.",
    short_help="The Cookbook: constructions, and complete models of them.",
    rich_markup_mode=None,
    invoke_without_command=True,
)
app.add_typer(group, name="recipes")


@group.callback()
def list_(context: typer.Context, *, as_json: AsJson = False, debug: Debug = False) -> None:
    """List the recipes by theme, and the complete models, which `hardwire run models:NAME` runs."""
    if context.invoked_subcommand is not None:
        return
    with reporting(debug=debug):
        from ..recipes import RECIPES, by_theme
        from ..recipes.models import MODELS

        if as_json:
            known: list[dict[str, Any]] = [
                {"name": r.name, "theme": r.theme, "summary": r.summary, **r.facts} for r in RECIPES.values()
            ]
            models = [{"name": m.name, "theme": "model", "summary": m.summary} for m in MODELS.values()]
            print(to_json(known + models))
            return
        table = new_table("recipe", "description", "source")
        for theme, members in by_theme().items():
            table.add_row(Text(theme, style="bold"))
            for r in members:
                table.add_row(*map(Text, (f"  {r.name}", r.summary, r.origin)))
        table.add_row(Text("complete models: hardwire run models:NAME", style="bold"))
        for m in MODELS.values():
            table.add_row(*map(Text, (f"  {m.name}", m.summary, "")))
        print_table(table, None)


Name = Annotated[str, typer.Argument(help="A recipe or a complete model.")]


@group.command(short_help="Show a recipe: formula, bound, source and an example.")
def show(name: Name, *, as_json: AsJson = False, debug: Debug = False) -> None:
    """Show a recipe: formula, bound, source, a numeric example, and the worst error measured next to the bound."""
    with reporting(debug=debug):
        from ..recipes import RECIPES, get
        from ..recipes.models import MODELS
        from ..recipes.probes import measure

        if name in MODELS and name not in RECIPES:
            m = MODELS[name]
            model = m.build()
            print(to_json({"name": name, "text": m.text}) if as_json else f"{name}\n\n{m.text}\n\n{model.summary()}")
            return
        r = get(name)
        found = measure(name)
        if as_json:
            figures = [{"at": f.at, "claimed": f.claimed, "worst": f.worst, "cost": f.cost} for f in found]
            known = {"name": r.name, "theme": r.theme, "signature": r.signature, "summary": r.summary}
            print(to_json(known | r.facts | {"example": r.example, "measured": figures}))
            return
        print(f"{r.signature}    {r.theme}\n\n{r.text}\n")
        table = new_table("measured in float32", "claimed bound", "worst error found", "cost")
        for f in found:
            table.add_row(*map(Text, (f.at, f"{f.claimed:.2g}", f"{f.worst:.2g}", f.cost)))
        print_table(table, None)
