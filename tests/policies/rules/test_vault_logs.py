"""The audit rule as a pure function: what a fixture can't show."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date

import pytest

from policies.pack.model import Context, Finding, Resource
from policies.pack.rules.audit.vault_logs import RULE, SETTING, VAULT

NOW = Context(date(2026, 11, 25))


def judge(resources: dict[str, list[Resource]]) -> list[Finding]:
    return list(RULE.judge(resources, NOW))


class _CountingProperties(Mapping[str, object]):
    """Properties that count how often they are read."""

    def __init__(self, properties: dict[str, object], reads: Counter[str], owner: str) -> None:
        self._properties = properties
        self._reads = reads
        self._owner = owner

    def __getitem__(self, key: str) -> object:
        self._reads[self._owner] += 1
        return self._properties[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._properties)

    def __len__(self) -> int:
        return len(self._properties)


def _stack(count: int, reads: Counter[str]) -> dict[str, list[Resource]]:
    """`count` audited vaults, every second one's setting linked by its id alone."""
    vaults, settings = [], []
    for index in range(count):
        name = f"kv-{index}"
        path = f"/subscriptions/s/providers/Microsoft.KeyVault/vaults/{name}"
        vault = _CountingProperties({"name": name}, reads, name)
        vaults.append(Resource(name, name, properties=vault))
        kept: dict[str, object] = {
            "logs": [{"categoryGroup": "audit", "enabled": True}],
            "workspaceId": "w",
        }
        if index % 2:
            kept["id"] = f"{path}/providers/microsoft.insights/diagnosticSettings/audit"
        setting = _CountingProperties(kept, reads, f"{name}-audit")
        sources: dict[str, tuple[str, ...]] = {} if index % 2 else {"resourceUri": (name,)}
        settings.append(
            Resource(f"{name}-audit", f"{name}-audit", properties=setting, dependencies=sources)
        )
    return {VAULT: vaults, SETTING: settings}


@pytest.mark.parametrize("count", [10, 400])
def test_each_resource_is_read_a_fixed_number_of_times(count: int) -> None:
    reads: Counter[str] = Counter()
    assert list(judge(_stack(count, reads))) == []
    assert len(reads) == 2 * count
    assert max(reads.values()) <= 10


def test_message_says_why_each_setting_of_the_vault_does_not_count() -> None:
    setting = Resource(
        "audit", "audit", properties={"logs": []}, dependencies={"resourceUri": ("kv",)}
    )
    (finding,) = judge(
        {VAULT: [Resource("kv", "kv", properties={"name": "kv"})], SETTING: [setting]}
    )
    assert "'audit' doesn't count: its logs have no enabled entry" in finding.message
    assert "and it has none of workspaceId, storageAccountId" in finding.message
    assert "None in this stack" not in finding.message


def test_message_stays_short_however_many_settings_lack_something() -> None:
    settings = [
        Resource(f"s{index}", f"s{index}", dependencies={"resourceUri": ("kv",)})
        for index in range(50)
    ]
    (finding,) = judge(
        {VAULT: [Resource("kv", "kv", properties={"name": "kv"})], SETTING: settings}
    )
    assert finding.message.count("doesn't count") == 3


def test_vault_without_any_setting_is_told_so() -> None:
    (finding,) = judge({VAULT: [Resource("kv", "kv", properties={"name": "kv"})]})
    assert isinstance(finding, Finding)
    assert finding.decided
    assert "None in this stack is for this vault." in finding.message
