"""docs/policies.md, written from the rules themselves.

`python -m policies.pack.documentation` writes it, from the repository's root.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Final

from .catalogue import RULES
from .controls import CONTROLS, UNCOVERED
from .exceptions import EXCEPTIONS
from .model import About, Parameter, ResourceRule, Rule

PAGE: Final = Path("docs") / "policies.md"

_TITLES: Final = {
    "persons": "No person, in either cloud",
    "roles": "Least role, least scope",
    "credentials": "No static credential",
    "trust": "Trust is pinned",
    "vaults": "The vault is hardened",
    "audit": "Everything is audited",
    "gateway": "The gateway keeps its word",
    "conventions": "Conventions",
}

_HEAD: Final = """# The policy pack

<!-- Written from the rules by `python -m policies.pack.documentation`: change the rules, not this page. -->

`policies/` is a CrossGuard pack for any Pulumi program that uses Azure, Entra and Apigee. It imports nothing
of this program. It judges what a program wants to deploy, before anything is changed, and what is deployed
already:

```sh
pulumi preview --policy-pack policies
pulumi up --policy-pack policies
pulumi policy analyze --policy-pack policies --stack STACK     # what is deployed, from the stack's state
```

To adopt it, copy the folder, and give `runtime.options.virtualenv` in its `PulumiPolicy.yaml` an environment
that has `pulumi` and `pulumi-policy`.

## How it judges

- **A violation of a mandatory rule stops the deployment.** An advisory one is shown.
- **What isn't proven is refused.** An absent property counts as what the cloud makes of it.
- **What a preview can't know yet never turns a rule off.** What is known is judged; for the rest the rule
  says `Not decided before the update`, as an advisory, and judges in the update: a resource's inputs before
  it is created or changed, the stack's outputs at the end. What even then isn't known is a violation.
- **A type is the same whatever its API version, case or former module name.**
- **A rule that crashes is a mandatory violation that names itself**, and the other rules run on.
- **Messages say which resource, which property, why and how to mend it**, and never repeat a value that isn't
  one of a fixed set of names: rules see secrets in plain text.

## Configuration

A JSON file, given with `--policy-pack-config`: rule to a level (`mandatory`, `advisory`, `disabled`), or to
an object with `enforcementLevel` and the rule's parameters. `python -m validation policy-config -s STACK`
writes it from a stack's declaration. A rule or parameter that there isn't is an error that names the nearest
one; a value of another shape is one, too.

### Exceptions

Exceptions are data, each with a reason, an owner and a last day:

```json
{"exceptions": {"entries": [{
  "rule": "person-scoped-role-assignment",
  "resource": "urn:pulumi:dev::*:RoleAssignment::legacy-reader",
  "reason": "the vendor's migration reads by a person's account",
  "owner": "payments",
  "expires": "2027-01-31"
}]}}
```

What the exception is for is still shown, as an advisory that names it. The rule `exceptions` refuses one that
has expired, and tells of one that excuses nothing and of rules whose level was lowered.
"""


def page() -> str:
    """The whole page, as Markdown."""
    parts = [_HEAD, "\n## Rules\n\n", _summary()]
    for family, rules in groupby(RULES, key=_family):
        parts.append(f"\n### {_TITLES[family]}\n")
        parts += [_rule(rule.about, isinstance(rule, ResourceRule)) for rule in rules]
    parts += ["\n### The exceptions themselves\n", _rule(EXCEPTIONS, of_resources=False)]
    return "".join([*parts, _coverage()])


def _family(rule: Rule) -> str:
    """The folder that the rule's module lies in."""
    return rule.judge.__module__.split(".")[-2]


def _summary() -> str:
    abouts = [*(rule.about for rule in RULES), EXCEPTIONS]
    rows = [
        f"| [{about.name}](#{about.name}) | {about.level} | {about.severity} | {about.description} |\n"
        for about in abouts
    ]
    return f"| rule | level | severity | what must hold |\n|---|---|---|---|\n{''.join(rows)}"


def _rule(about: About, of_resources: bool) -> str:
    seen = "each resource's inputs" if of_resources else "the stack's outputs, together"
    lines = [
        f"\n#### {about.name}\n\n",
        f"{about.description} {about.level.capitalize()}, severity {about.severity}; judges {seen}.\n",
    ]
    if about.controls:
        lines.append(f"\nAsked for by: {', '.join(map(_control, about.controls))}.\n")
    lines.append(f"\nTo mend it:\n\n{about.remediation}\n")
    if about.parameters:
        lines.append("\n| parameter | default | what it does |\n|---|---|---|\n")
        lines += map(_parameter, about.parameters)
    return "".join(lines)


def _parameter(parameter: Parameter) -> str:
    default = json.dumps(parameter.default)
    return f"| `{parameter.name}` | `{default}` | {parameter.description} |\n"


def _control(key: str) -> str:
    control = CONTROLS[key]
    title = f" ({control.title})" if control.title else ""
    return f"{control.framework} {control.reference}{title}"


def _coverage() -> str:
    covering: dict[str, list[str]] = {key: [] for key in CONTROLS}
    for rule in RULES:
        for key in rule.about.controls:
            covering[key].append(f"[{rule.about.name}](#{rule.about.name})")
    covered = (
        f"| {_control(key)} | {', '.join(rules)} |\n" for key, rules in covering.items() if rules
    )
    uncovered = (f"| {_control(key)} | {reason} |\n" for key, reason in UNCOVERED.items())
    return (
        "\n## Public controls\n\n"
        f"{_table('| control | rules that cover it |', covered)}\n"
        "Public controls on Key Vault and on access to it that no rule covers:\n\n"
        f"{_table('| control | why |', uncovered)}"
    )


def _table(head: str, rows: Iterable[str]) -> str:
    return f"{head}\n|---|---|\n{''.join(rows)}"


if __name__ == "__main__":
    PAGE.write_text(page())
