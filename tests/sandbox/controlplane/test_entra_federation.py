"""Federated credentials of managed identities: one write at a time, and what Azure refuses."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sandbox.cloud import Cloud
from sandbox.controlplane.azure import credential_writes
from sandbox.controlplane.azure.credential_writes import CredentialWrites
from sandbox.controlplane.azure.federated_credential import FederatedIdentityCredential
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.registry import PACKAGES
from tests.sandbox.controlplane.rig import (
    CREDENTIAL,
    GROUP,
    IDENTITY,
    Clouds,
    Deployed,
    Refused,
    credential,
)

CONFLICT = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"


@pytest.fixture
def identity(clouds: Clouds) -> Deployed:
    clouds.azure.create(GROUP, {"resourceGroupName": "group"})
    return clouds.azure.create(IDENTITY, {"resourceGroupName": "group", "resourceName": "reader"})


@pytest.fixture
def writes() -> CredentialWrites:
    type_ = PACKAGES["azure-native"].type(CREDENTIAL)
    assert isinstance(type_, FederatedIdentityCredential)
    return type_.writes


class Running:
    """A call in a thread of its own."""

    def __init__(self, call: object) -> None:
        self.error: Exception | None = None
        self._call = call
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            assert callable(self._call)
            self._call()
        except Exception as error:  # noqa: BLE001 - told to the test
            self.error = error

    def finish(self, cloud: Cloud) -> Exception | None:
        """Let time pass until the call ends; what it raised."""
        while self._thread.is_alive():
            cloud.clock.advance(200)
            self._thread.join(0.01)
        return self.error


@contextmanager
def spied(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Set once a write was refused and waits."""
    waiting = threading.Event()
    original = credential_writes._wait

    def wait(*arguments: object) -> None:
        waiting.set()
        original(*arguments)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(credential_writes, "_wait", wait)
    yield waiting


def test_a_write_while_another_is_under_way_is_a_conflict(clouds: Clouds) -> None:
    writes, one = CredentialWrites(), "/subscriptions/s/resourceGroups/G/identities/One"
    with writes.attempt(clouds.cloud, one):
        with (
            pytest.raises(CloudError, match=f"Status=409 Code=\"{CONFLICT}\".*'{one.lower()}'"),
            writes.attempt(clouds.cloud, one.upper()),
        ):
            pytest.fail("two writes at once")
        with writes.attempt(clouds.cloud, "/another"):
            pass
    with writes.attempt(clouds.cloud, one):
        pass


def test_two_threads_never_write_beneath_one_identity_at_once(clouds: Clouds) -> None:
    writes, start = CredentialWrites(), threading.Barrier(2)
    inside, refused = [0], [0]

    def write() -> None:
        start.wait()
        try:
            with writes.attempt(clouds.cloud, "/identity"):
                inside[0] += 1
                assert inside[0] == 1
                inside[0] -= 1
        except CloudError:
            refused[0] += 1

    running = [Running(write) for _ in range(2)]
    assert [one.finish(clouds.cloud) for one in running] == [None, None]
    assert refused[0] <= 1
    with writes.attempt(clouds.cloud, "/identity"):
        pass


def test_the_provider_asks_again_and_its_user_sees_only_that_it_takes_longer(
    clouds: Clouds,
    identity: Deployed,
    writes: CredentialWrites,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with spied(monkeypatch) as waiting:
        with writes.attempt(clouds.cloud, identity.id):
            creating = Running(lambda: clouds.azure.create(CREDENTIAL, credential()))
            assert waiting.wait(30)
        assert creating.finish(clouds.cloud) is None


@pytest.mark.parametrize("operation", ["create", "update", "delete"])
def test_a_conflict_that_lasts_is_shown(
    clouds: Clouds, identity: Deployed, writes: CredentialWrites, operation: str
) -> None:
    made = clouds.azure.create(CREDENTIAL, credential())
    call = {
        "create": lambda: clouds.azure.create(CREDENTIAL, credential("two", subject="2")),
        "update": lambda: clouds.azure.update(made, credential(subject="2")),
        "delete": lambda: clouds.azure.delete(made),
    }[operation]
    with writes.attempt(clouds.cloud, identity.id):
        error = Running(call).finish(clouds.cloud)
    assert isinstance(error, Refused)
    assert CONFLICT in str(error)
    left = [c.id for c in clouds.cloud.store.all(CREDENTIAL) if c.id.startswith(identity.id)]
    assert left == [made.id]


def test_credentials_of_two_identities_do_not_wait_for_each_other(
    clouds: Clouds, identity: Deployed, writes: CredentialWrites
) -> None:
    other = {"resourceGroupName": "group", "resourceName": "other"}
    clouds.azure.create(IDENTITY, other)
    with writes.attempt(clouds.cloud, identity.id):
        clouds.azure.create(CREDENTIAL, credential(resourceName="other"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"subject": "repo:org/*"}, 'Code="BadRequest".*wildcard'),
        ({"issuer": "https://*.example.com"}, 'Code="BadRequest".*wildcard'),
        ({"audiences": ["a" * 601]}, 'Code="BadRequest".*at most 600'),
        ({"audiences": [""]}, "must specify 'issuer', 'subject' and 'audience'"),
        (
            {"audiences": ["a", "b"]},
            "InvalidFederatedIdentityCredentialsAudienceLength.*exactly 1 audience",
        ),
        (
            {"federatedIdentityCredentialResourceName": "a.b"},
            r"Federated Identity Credential name 'a\.b' is invalid\.",
        ),
    ],
)
def test_what_azure_refuses_in_a_credential(
    clouds: Clouds, identity: Deployed, change: dict[str, object], message: str
) -> None:
    with pytest.raises(Refused, match=message):
        clouds.azure.create(CREDENTIAL, {**credential(), **change})


def test_the_twenty_first_credential_is_too_many_and_an_edit_of_the_twentieth_is_not(
    clouds: Clouds, identity: Deployed
) -> None:
    made = [
        clouds.azure.create(CREDENTIAL, credential(f"trust-{number}", subject=str(number)))
        for number in range(20)
    ]
    with pytest.raises(Refused, match='Status=400 Code="BadRequest" Message="Too many Federated'):
        clouds.azure.create(CREDENTIAL, credential("trust-20", subject="20"))
    clouds.azure.update(made[-1], credential("trust-19", subject="edited"))


def test_issuer_and_subject_differ_by_case(clouds: Clouds, identity: Deployed) -> None:
    clouds.azure.create(CREDENTIAL, credential("one", subject="Workload"))
    clouds.azure.create(CREDENTIAL, credential("two", subject="workload"))
