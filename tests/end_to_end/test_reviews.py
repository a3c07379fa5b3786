"""What a reviewer is told of the engine's own previews, and that an approval is bound to one plan."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.end_to_end.bench import ROOT, STACK, Bench
from validation.access_diff.markdown import comment, sentence
from validation.access_diff.model import Danger
from validation.access_diff.report import Report, of_preview
from validation.plan.comparison import differences
from validation.plan.plan import Plan, digest, plan
from validation.preview.model import Preview
from validation.preview.reading import read

_SAME = (
    "nobody gains or loses access, 22 kept; no resource changes; no policy refuses it, 2 advise."
)


def _preview(bench: Bench, folder: Path, *, refused: bool = False) -> Preview:
    command = ("preview", "--json", "--show-sames", "--stack", STACK, *bench.pack())
    path = folder / "preview.json"
    path.write_text(bench.pulumi(*command, fails=refused).stdout)
    return read(path)


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine writes previews as events."""
    monkeypatch.setenv("PULUMI_ENABLE_STREAMING_JSON_PREVIEW", "true")


@pytest.fixture
def deployed_and_edited(events: None, deployed_alone: Bench) -> Iterator[Bench]:
    """A deployed stack whose declaration is edited: a caller more, a shorter cache, another range."""
    bench = Bench(deployed_alone.paths.root)
    (copy,) = bench.paths.projects.glob(f"*/Pulumi.{STACK}.yaml")
    content = yaml.safe_load(copy.read_text())
    environments: dict[str, Any] = content["config"]["apigee-keyvault:environments"]
    environments["alpha"]["proxies"].append("partner-v1")
    environments["alpha"]["secrets"]["orders-backend-key"]["callers"].append("partner-v1")
    environments["beta"]["secrets"]["invoices-backend-key"]["cache"]["seconds"] = 60
    environments["beta"]["vault"]["network"]["allowedRanges"] = ["198.51.101.0/24"]
    original = copy.read_text()
    copy.write_text(yaml.safe_dump(content))
    yield bench
    copy.write_text(original)


def _said(report: Report) -> tuple[set[str], set[str]]:
    gained, lost = (
        {f"{a.environment}: {a.who} may {a.may} {a.what}" for a in accesses}
        for accesses in (report.access.gained, report.access.lost)
    )
    return gained, lost


def test_a_first_preview_and_one_of_what_is_deployed_name_no_one_who_is_not_known(
    events: None, bench: Bench, deployed_alone: Bench, tmp_path: Path
) -> None:
    bench.pulumi("stack", "init", STACK)
    first = of_preview(_preview(bench, tmp_path), ROOT)
    assert {a.danger for a in first.access.gained} == set(Danger) - {Danger.PERSON}
    assert len(first.access.gained) == 22
    again = of_preview(_preview(deployed_alone, tmp_path), ROOT)
    assert sentence(again) == _SAME


def test_an_edit_is_told_as_access_and_its_plan_alone_is_what_was_approved(
    deployed_and_edited: Bench, tmp_path: Path
) -> None:
    bench = deployed_and_edited
    first = _preview(bench, tmp_path)
    report = of_preview(first, ROOT)
    environments: Any = bench.outputs()["environments"]
    account = environments["alpha"]["googleServiceAccount"]
    vault = environments["beta"]["vaultName"]
    assert _said(report) == (
        {
            "alpha: proxy partner-v1 may ask for secret orders-backend-key",
            f"alpha: proxy partner-v1 may run as service account {account}",
            "beta: the gateway may serve from its cache, for 60 s, secret invoices-backend-key",
            f"beta: addresses 198.51.101.0/24 may reach vault {vault}",
        },
        {
            "beta: the gateway may serve from its cache, for 300 s, secret invoices-backend-key",
            f"beta: addresses 198.51.100.0/24 may reach vault {vault}",
        },
    )
    assert "Policy findings: 2" in comment([report])

    approved = _plan(first)
    assert digest(_plan(_preview(bench, tmp_path))) == digest(approved)
    bench.up()
    done = _plan(_preview(bench, tmp_path))
    assert done["changes"] == []
    assert differences(approved, done)


def _plan(preview: Preview) -> Plan:
    return plan(preview, ROOT, [Path("requirements.txt"), Path("policies")])


@pytest.mark.exhaustive
def test_what_the_pack_refuses_is_told_with_its_line_and_cannot_be_approved(
    events: None, deployed_alone: Bench, tmp_path: Path
) -> None:
    bench = deployed_alone
    config = ("config", "set", "--path", "--stack", STACK)
    arguments = bench.pack()
    bench.pulumi(*config, "apigee-keyvault:audit.retentionDays", "30")
    command = ("preview", "--json", "--show-sames", "--stack", STACK, *arguments)
    file = tmp_path / "preview.json"
    file.write_text(bench.pulumi(*command, fails=True).stdout)
    report = of_preview(read(file), ROOT)
    refusing = [(f.rule, f.place) for f in report.findings or () if f.mandatory]
    line = (
        (ROOT / f"Pulumi.{STACK}.yaml").read_text().splitlines().index("  apigee-keyvault:audit:")
    )
    assert refusing == [("audit-retention", f"Pulumi.{STACK}.yaml:{line + 1}")]
    assert sentence(report).startswith("**the preview failed, so this is not all**; ")
    assert not read(file).complete
