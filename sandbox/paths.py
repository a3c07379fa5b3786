"""Where the sandbox keeps its files. Owns names and permissions of folders, nothing of what is in them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT_VARIABLE = "APIGEE_KEYVAULT_SANDBOX"


@dataclass(frozen=True)
class Paths:
    """The folders and files of one sandbox, all beneath `root` (readable by its owner only)."""

    root: Path

    @classmethod
    def default(cls) -> Paths:
        """`.sandbox/` in the working directory, or the folder that APIGEE_KEYVAULT_SANDBOX names."""
        return cls(Path(os.environ.get(ROOT_VARIABLE) or ".sandbox").absolute())

    @property
    def marker(self) -> Path:
        """Says that the folder is a sandbox's own, and may be deleted as a whole."""
        return self.root / "this-is-a-sandbox"

    @property
    def database(self) -> Path:
        """The clouds' state."""
        return self.root / "state.db"

    @property
    def runtime(self) -> Path:
        """Address book of the running process; absent or stale when none runs."""
        return self.root / "run.json"

    @property
    def lock(self) -> Path:
        """Held by the running process for as long as it lives."""
        return self.root / "process.lock"

    @property
    def log(self) -> Path:
        """What the process wrote; its end is shown when it does not start."""
        return self.root / "sandbox.log"

    @property
    def pki(self) -> Path:
        """Keys and certificates."""
        return self.root / "pki"

    @property
    def ca_certificate(self) -> Path:
        """The private CA: a client pointed at it trusts the sandbox's hosts and nothing else."""
        return self.pki / "ca.pem"

    @property
    def pulumi_home(self) -> Path:
        """The CLI's plugins, apart from the user's own."""
        return self.root / "pulumi-home"

    @property
    def pulumi_backend(self) -> Path:
        """The stacks' state."""
        return self.root / "pulumi-state"

    @property
    def projects(self) -> Path:
        """Copies of project and stack files, so that the CLI never writes into the originals."""
        return self.root / "projects"

    def create(self) -> None:
        """Make the folders, closed to other users of the machine.

        Raises FileExistsError when the folder holds something that no sandbox put there.
        """
        # In this order: another start, at the same moment, makes the marker before all else.
        if self.root.exists() and self._is_foreign() and not self.marker.is_file():
            raise FileExistsError(
                f"{self.root} is not a sandbox's folder and not empty; name another one in"
                f" {ROOT_VARIABLE}, or move what is there"
            )
        for folder in (
            self.root,
            self.pki,
            self.pulumi_home,
            self.pulumi_backend,
            self.projects,
        ):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if folder == self.root:
                self.marker.touch()
        self.root.chmod(0o700)

    def _is_foreign(self) -> bool:
        return not self.root.is_dir() or any(self.root.iterdir())
