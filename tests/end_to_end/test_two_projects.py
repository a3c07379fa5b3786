"""Two launches at once, of different projects: each has its own configuration and directory."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sandbox import world
from tests.end_to_end.bench import ROOT, STACK, Bench
from tests.sandbox.gateway.rig import pack, shared_files, steps

# The two meet when each has made its first resources, so that both projects' providers are running
# and configured, and part when both are there: what each makes then, it makes beside the other.
_PROGRAM = """
import os
import signal

import pulumi
from pulumi_azure_native import resources
from pulumi_gcp import apigee

PROJECT = pulumi.get_project()


def resources_of(name, opts=None):
    group = resources.ResourceGroup(name, resource_group_name=f"{PROJECT}-{name}", opts=opts)
    flow = apigee.Sharedflow(
        name, org_id=ORGANIZATION, name=f"{PROJECT}-{name}", config_bundle="flow.zip", opts=opts
    )
    return group, flow


def meet(_):
    signal.alarm(300)
    for name, pipe in PIPES.items():
        # Opening either end waits for the other.
        os.close(os.open(pipe, os.O_WRONLY if name == PROJECT else os.O_RDONLY))
    signal.alarm(0)
    return "yes"


first = resources_of("first")
met = pulumi.Output.all(*(resource.id for resource in first)).apply(meet)
meeting = resources.ResourceGroup("met", resource_group_name=f"{PROJECT}-met", tags={"met": met})
second = resources_of("second", pulumi.ResourceOptions(depends_on=[meeting]))
pulumi.export("locations", [made[0].location for made in (first, second)])
pulumi.export("hashes", [made[1].md5hash for made in (first, second)])
"""


def _flow(name: str) -> dict[str, str | bytes]:
    policy = f"<RaiseFault name='{name}'><FaultResponse/></RaiseFault>"
    return shared_files(policy, steps=steps(name))


def _project(folder: Path, pipes: Mapping[str, str], location: str) -> Path:
    """A project whose shared flows come from a file of its own, with a path that both have."""
    folder.mkdir()
    values = f"ORGANIZATION = {world.ORGANIZATION!r}\nPIPES = {pipes!r}\n"
    (folder / "__main__.py").write_text(values + _PROGRAM)
    (folder / "flow.zip").write_bytes(pack(_flow(folder.name)))
    runtime = {"name": "python", "options": {"virtualenv": str(ROOT / ".venv")}}
    (folder / "Pulumi.yaml").write_text(json.dumps({"name": folder.name, "runtime": runtime}))
    configuration = {
        "gcp:project": world.PROJECT_ID,
        "azure-native:tenantId": world.TENANT_ID,
        "azure-native:subscriptionId": world.SUBSCRIPTION_ID,
        "azure-native:location": location,
    }
    (folder / f"Pulumi.{STACK}.yaml").write_text(json.dumps({"config": configuration}))
    return folder


def _outputs(bench: Bench, project: Path) -> Mapping[str, Any]:
    told = bench.pulumi("stack", "output", "--json", "--stack", STACK, directory=project).stdout
    return dict(json.loads(told))


def _md5(file: Path) -> str:
    digest = hashlib.md5(file.read_bytes(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def test_two_launches_at_once_do_not_see_each_others_configuration_or_directory(
    bench: Bench, tmp_path: Path
) -> None:
    locations = {"one": "westeurope", "two": "northeurope"}
    pipes = {name: str(tmp_path / f"{name}.pipe") for name in locations}
    for pipe in pipes.values():
        os.mkfifo(pipe)
    projects = [_project(tmp_path / name, pipes, where) for name, where in locations.items()]
    for project in projects:
        bench.pulumi("stack", "init", STACK, directory=project)
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda project: bench.up(directory=project), projects))
    for project in projects:
        assert _outputs(bench, project) == {
            "locations": [locations[project.name]] * 2,
            "hashes": [_md5(project / "flow.zip")] * 2,
        }
    assert _md5(projects[0] / "flow.zip") != _md5(projects[1] / "flow.zip")
