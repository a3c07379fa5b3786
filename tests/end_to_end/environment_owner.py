"""The program of whoever owns an Apigee environment that the stack under test uses.

Configured as `environment`: its `name`, `type` and `host`, and the variables that its debug mask
hides (`masked`; without any, the mask stays as Apigee made it).
"""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_gcp.apigee as apigee


def _main() -> None:
    declared: dict[str, Any] = pulumi.Config("owner").require_object("environment")
    organization = f"organizations/{pulumi.Config('gcp').require('project')}"
    environment = apigee.Environment(
        "environment", name=declared["name"], org_id=organization, type=declared["type"]
    )
    apigee.InstanceAttachment(
        "instance",
        instance_id=f"{organization}/instances/europe-west1",
        environment=environment.name,
    )
    group = apigee.EnvGroup(
        "group", name="of-the-owner", org_id=organization, hostnames=[declared["host"]]
    )
    apigee.EnvGroupAttachment("in-group", envgroup_id=group.id, environment=environment.name)
    if declared["masked"]:
        apigee.EnvironmentDebugmask("mask", env_id=environment.id, variables=declared["masked"])


_main()
