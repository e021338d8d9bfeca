"""Writes the files that follow from the declarations of options and outputs. Run it with `make generate`."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from components import AccessRule, ExistingNetwork, RegistryOutputs, RetentionRule
from components.options import FileContent, Option, attribute_docs, camel_case, options_of, spelled
from components.problems import CONFIG, OPTIONS
from facade.provider import RegistryProvider
from scripts import costs
from scripts.markdown import table, with_blocks

_ROOT = Path(__file__).parents[1]


def generated() -> dict[Path, str]:
    """Return the content that each file should have."""
    project, reference = _ROOT / "Pulumi.yaml", _ROOT / "docs" / "configuration.md"
    return {
        project: _with_config(project.read_text()),
        reference: with_blocks(
            reference.read_text(),
            {
                "options": _options(),
                "access": _parts("access[]", AccessRule),
                "retention": _parts("retention[]", RetentionRule),
                "network": _parts("network", ExistingNetwork),
                "outputs": _outputs(),
            },
        ),
        _ROOT / "plugin" / "schema.json": _schema(),
    }


def _with_config(text: str) -> str:
    """Replace the value of `config`, the last key of Pulumi.yaml."""
    head, key, _ = text.partition("\nconfig:\n")
    sections = (f"  # {group}\n{_config(options)}" for group, options in _groups().items())
    return head + key + "".join(sections)


def _config(options: Iterable[Option]) -> str:
    entries = {option.key: _config_entry(option) for option in options}
    dumped = yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, width=10_000)
    return "".join(f"  {line}\n" for line in dumped.splitlines())


def _config_entry(option: Option) -> dict[str, Any]:
    empty: Mapping[str, Any] = {"object": {}, "array": []}
    choices = "".join(f" `{value}`: {text}" for value, text in option.choices.items())
    secrecy = " Set it with --secret." if option.secret else ""
    return {
        "type": option.kind.name,
        "description": _text(option.description) + choices + secrecy,
        **({"items": {"type": "object" if option.item_type else "string"}} if option.kind.name == "array" else {}),
        "default": json.loads(option.default_json) if option.default_json else empty.get(option.kind.name, ""),
    }


def _options() -> str:
    return "\n".join(
        f"### {group}\n\n{table(_HEADINGS, map(_option_row, options))}{_commands(options)}"
        for group, options in _groups().items()
    )


_HEADINGS = ("Key", "In Python", "Type", "Default", "Description")


def _option_row(option: Option) -> tuple[str, ...]:
    choices = "".join(f"<br>`{value}`: {text}" for value, text in option.choices.items())
    return (
        f"`{option.key}`",
        f"`{option.name}`",
        _type(option),
        f"`{option.default_json}`" if option.default_json else "",
        _text(option.description) + choices,
    )


def _type(option: Option) -> str:
    marks = {
        "secret": option.secret,
        "Output": option.takes_output,
        "Outputs inside": option.takes_outputs_inside and not option.takes_output,
    }
    return ", ".join([option.kind.name, *(mark for mark, applies in marks.items() if applies)])


def _commands(options: Iterable[Option]) -> str:
    """Show how to set the options for which `pulumi config set KEY VALUE` is not enough."""
    commands = [
        CONFIG.setting(option.name, option.example)
        for option in options
        if option.secret or isinstance(option.example, FileContent) or option.kind.name in ("array", "object")
    ]
    return "\n".join(["", "```sh", *commands, "```", ""]) if commands else ""


def _parts(key: str, owner: type) -> str:
    return table(
        ("Key", "In Python", "Type", "Description"),
        (
            (f"`{key}.{part.key}`", f"`{part.name}`", _type(part), _text(part.description))
            for part in options_of(owner).values()
        ),
    )


def _outputs() -> str:
    docs = attribute_docs(RegistryOutputs)
    return table(
        ("In other languages", "In Python", "Description"),
        ((f"`{camel_case(name)}`", f"`{name}`", _text(text)) for name, text in docs.items()),
    )


def _schema() -> str:
    return json.dumps(json.loads(RegistryProvider().schema or ""), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _groups() -> Mapping[str, list[Option]]:
    groups: dict[str, list[Option]] = {}
    for option in OPTIONS.values():
        groups.setdefault(option.group, []).append(option)
    return groups


def _text(description: str) -> str:
    return spelled(description, camel_case)


if __name__ == "__main__":
    for path, content in {**generated(), **costs.generated()}.items():
        path.write_text(content)
