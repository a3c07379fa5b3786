"""Each step of the tour: a function whose docstring is its title, and which checks what it tells."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
from azure.core.exceptions import HttpResponseError

from sandbox import delays
from sandbox.demo.narrator import expect
from sandbox.demo.stage import PROJECT, STACK, Stage

# Where the clouds keep what is not a vault's secret.
_SEARCHED_TABLES = frozenset(
    {"objects", "removed", "settings", "revisions", "log_entries", "audit_rows", "backend_keys"}
)
_PERSON_RULE = "person-scoped-role-assignment"
_ORDERS = "https://alpha.api.example.com/orders/v1/orders"
_INVOICES = "https://beta.api.example.com/orders/v1/invoices"


def deploy(stage: Stage) -> None:
    """`pulumi up` with the policy pack: two Apigee environments, two vaults, no credential"""
    stage.pulumi_or_fail("stack", "init", STACK)
    shown = stage.pulumi_or_fail(
        "up", "--yes", "--skip-preview", "--stack", STACK, *stage.policy_pack()
    )
    created = re.search(r"\+ (\d+) created", shown)
    expect(created is not None, f"the engine did not say what it created:\n{shown}")
    # The sandbox's stack has no alerts, of which the pack advises.
    expect("apigee-keyvault@v" in shown, f"the policy pack did not run:\n{shown}")
    stage.read_outputs()
    stage.narrator.fact(f"{created.group(1) if created else 0} resources created, every policy met")
    for name in ("alpha", "beta"):
        stage.narrator.note(f"{name}: vault {stage.environment(name)['vaultName']}")


def write_secrets(stage: Stage) -> None:
    """The vaults' owner writes the secrets: with Azure's own client, as a federated workload"""
    stage.sandbox.advance_clock(delays.ROLE_ASSIGNMENT)
    stage.narrator.note("the clock moved on by two minutes, in which Azure spreads new grants")
    for environment, secret in (
        ("alpha", "orders-backend-key"),
        ("beta", "orders-backend-key"),
        ("beta", "invoices-backend-key"),
    ):
        _write_new_key(stage, environment, secret)
        stage.narrator.fact(f"{secret} set in {environment}'s vault; Pulumi never saw it")


def cold_request(stage: Stage) -> None:
    """A cold request: Google, Entra, Key Vault, and then the backend"""
    answer, fetch, calls = stage.get(_ORDERS)
    stage.narrator.calls(calls)
    expect(answer.status_code == 200, f"the gateway answered {answer.status_code}: {answer.text}")
    expect(len(fetch) == 3, f"the fetch made {len(fetch)} external calls, not three")
    stage.narrator.fact(
        "200 from the backend that refuses a wrong key; 3 external calls to fetch it"
    )


def warm_requests(stage: Stage) -> None:
    """Warm: one call with the token cached, none with a `cache` block"""
    answer, fetch, _ = stage.get(_ORDERS)
    stage.narrator.calls(fetch)
    expect(answer.status_code == 200, f"the gateway answered {answer.status_code}: {answer.text}")
    expect(len(fetch) == 1, f"with a warm token the fetch made {len(fetch)} calls, not one")
    stage.narrator.fact("orders-backend-key, never cached: 1 external call")
    stage.get(_INVOICES)
    answer, fetch, _ = stage.get(_INVOICES)
    expect(answer.status_code == 200, f"the gateway answered {answer.status_code}: {answer.text}")
    expect(not fetch, f"a cached secret was fetched by {len(fetch)} calls, not none")
    stage.narrator.fact("invoices-backend-key, with a cache block: no external call")


def refused(stage: Stage) -> None:
    """`alpha` asks for `beta`'s secret: refused twice, by the gateway and by Azure"""
    answer, fetch, _ = stage.get("https://alpha.api.example.com/orders/v1/invoices")
    expect(answer.status_code == 403, f"the gateway answered {answer.status_code}: {answer.text}")
    code = answer.json()["error"]["code"]
    expect(code == "not-allowed", f"the gateway answered {code}")
    expect(not fetch, "the gateway asked Azure before it refused")
    stage.narrator.fact("the gateway: 403 not-allowed by its allow-list, with no call made")
    alpha, beta = stage.environment("alpha"), stage.environment("beta")
    client = stage.secret_client(beta["vaultUri"], alpha["googleServiceAccount"], alpha["clientId"])
    try:
        client.get_secret("invoices-backend-key")
    except HttpResponseError as error:
        inner = error.error.innererror if error.error else None
        refusal = str(inner["code"]) if inner else "no inner code"
    else:
        refusal = "the secret"
    expect(refusal == "ForbiddenByRbac", f"Azure answered with {refusal}")
    stage.narrator.fact("Azure, asked directly with alpha's own token: 403 ForbiddenByRbac")


def audited(stage: Stage) -> None:
    """Azure's audit row and the gateway's log line, joined by the request id"""
    stage.sandbox.advance_clock(delays.AUDIT_ROW)
    rows = {row["CorrelationId"]: row for row in stage.sandbox.audit_rows()}
    lines = [entry["jsonPayload"] for entry in stage.sandbox.log_entries()]
    fetched = [
        line for line in lines if line["outcome"] == "served" and line["source"] == "fetched"
    ]
    expect(len(fetched) > 0, "the gateway logged no fetch")
    unmatched = [line["requestId"] for line in fetched if line["requestId"] not in rows]
    expect(not unmatched, f"fetches without an audit row: {unmatched}")
    line = fetched[0]
    row = rows[line["requestId"]]
    stage.narrator.note(f"gateway  {json.dumps(line)}")
    kept = ("TimeGenerated", "OperationName", "HttpStatusCode", "CorrelationId", "RequestUri")
    stage.narrator.note(f"Azure    {json.dumps({name: row[name] for name in kept})}")
    stage.narrator.fact(f"{len(fetched)} of {len(fetched)} fetches have their audit row")


def rotated(stage: Stage) -> None:
    """A new version in the vault: the next request uses it"""
    before = _newest_version(stage)
    _write_new_key(stage, "alpha", "orders-backend-key")
    answer, _, __ = stage.get(_ORDERS)
    after = _newest_version(stage)
    expect(answer.status_code == 200, f"the gateway answered {answer.status_code}: {answer.text}")
    expect(after != before, "the gateway still used the old version")
    stage.narrator.fact(f"version {before[:8]}… before, {after[:8]}… in the next request")


def person_refused(stage: Stage) -> None:
    """A person is given the vault's secrets, in a preview: the policy pack refuses"""
    fixture = Path(__file__).resolve().parent / "person_grant"
    stage.pulumi_or_fail("stack", "init", STACK, directory=fixture)
    vault = stage.environment("alpha")["vaultId"]
    stage.pulumi_or_fail("config", "set", "vaultId", vault, "--stack", STACK, directory=fixture)
    # The vault is the stack's above; of this one it is an adopted one.
    pack = stage.policy_pack(undeclared_vault={"adopted": [vault]})
    result = stage.pulumi("preview", "--stack", STACK, *pack, directory=fixture)
    expect(result.returncode != 0, "the preview passed")
    lines = [line.strip() for line in result.stdout.splitlines()]
    refusals = [number for number, line in enumerate(lines) if "[mandatory]" in line]
    expect(
        [_PERSON_RULE in lines[number] for number in refusals] == [True],
        f"not refused by {_PERSON_RULE} alone:\n{result.stdout}{result.stderr}",
    )
    for line in lines[refusals[0] : refusals[0] + 3]:
        stage.narrator.note(line)
    stage.narrator.fact("refused before anything was created")


def nothing_leaked(stage: Stage) -> None:
    """The secrets' values are searched for in everything that was written: absent"""
    exported = stage.pulumi_or_fail("stack", "export", "--show-secrets", "--stack", STACK)
    files = [path for path in stage.sandbox.paths.root.rglob("*") if _may_be_searched(path, stage)]
    files += [path for path in (PROJECT / ".build").rglob("*") if path.is_file()]
    clouds = _clouds_but_for_the_vaults(stage.sandbox.paths.database)
    for value in stage.values:
        holders = [str(path) for path in files if value.encode() in path.read_bytes()]
        expect(not holders, f"a secret's value stands in {holders}")
        expect(value not in exported, "a secret's value stands in the decrypted state")
        expect(value not in clouds, "a secret's value stands in the clouds outside of a vault")
    stage.narrator.fact(
        f"{len(stage.values)} values; {len(files)} files, the decrypted state, all that the clouds"
        " hold outside of the vaults: none"
    )


def destroyed(stage: Stage) -> None:
    """`pulumi destroy`: gone, and with it the way in"""
    stage.pulumi_or_fail("destroy", "--yes", "--skip-preview", "--stack", STACK)
    state = json.loads(stage.pulumi_or_fail("stack", "export", "--stack", STACK))
    left = [
        resource["urn"]
        for resource in state["deployment"].get("resources", [])
        if resource.get("custom") and not resource["type"].startswith("pulumi:")
    ]
    expect(not left, f"left in the state: {left}")
    try:
        answer, _, __ = stage.get(_ORDERS)
    except httpx.ProxyError:
        stage.narrator.fact("nothing left in the state, and the gateway's host is gone")
    else:
        expect(False, f"the gateway still answers: {answer.status_code}")
    stage.narrator.note("the vaults stay soft-deleted for 90 days, as purge protection has it")


STEPS: list[Callable[[Stage], None]] = [
    deploy,
    write_secrets,
    cold_request,
    warm_requests,
    refused,
    audited,
    rotated,
    person_refused,
    nothing_leaked,
    destroyed,
]


def _write_new_key(stage: Stage, environment: str, secret: str) -> None:
    value = stage.sandbox.issue_backend_key()
    stage.values.append(value)
    stage.writer(stage.environment(environment)["vaultUri"]).set_secret(secret, value)


def _newest_version(stage: Stage) -> str:
    lines = [entry["jsonPayload"] for entry in stage.sandbox.log_entries()]
    mine = [
        line
        for line in lines
        if (line["environment"], line["secret"]) == ("alpha", "orders-backend-key")
    ]
    return str(mine[-1]["version"])


def _may_be_searched(path: Path, stage: Stage) -> bool:
    """Every file but the clouds' database, which is searched table by table."""
    return path.is_file() and not path.name.startswith(stage.sandbox.paths.database.name)


def _clouds_but_for_the_vaults(database: Path) -> str:
    """All that the clouds hold (objects, bundles, logs, audit rows) but the vaults' own secrets."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master")]
        held = {
            table: connection.execute(f'SELECT * FROM "{table}"').fetchall()  # noqa: S608 (own names)
            for table in tables
            if table in _SEARCHED_TABLES
        }
    expect(held.keys() == _SEARCHED_TABLES, f"the clouds' tables are not as known: {tables}")
    return repr(held)
