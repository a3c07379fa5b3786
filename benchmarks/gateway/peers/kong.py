"""Kong Gateway's `azure` vault: a value is kept for `ttl`, and after that for `resurrect_ttl`.

Kong documentation, "Secrets rotation" and "Azure Key Vault": `ttl` 0, the default, never rotates; with a
ttl, secrets past it are fetched anew in the background, looked for every 60 s
(`vault_rotation_interval` of the source); a value whose fetch fails is served on for `resurrect_ttl`,
1e8 s by default. The documentation doesn't tell refusals from outages; nor does this.
"""

from __future__ import annotations

from benchmarks.gateway.clouds import Clouds, OutageError, RefusalError
from benchmarks.gateway.peers.peer import Answer

_ROTATION = 60
_RESURRECT = 1e8


class KongVault:
    """Kong's cache of vault references.

    Arguments:
        ttl: seconds; 0: for ever.
        resurrect_ttl: seconds beyond the ttl for which a value may be served on.
    """

    def __init__(self, ttl: float = 0, resurrect_ttl: float = _RESURRECT) -> None:
        more = "" if resurrect_ttl == _RESURRECT else f", resurrect_ttl {resurrect_ttl:g} s"
        self.name = f"Kong vault, ttl {ttl:g} s{more}"
        self._ttl, self._resurrect = ttl, resurrect_ttl
        self._kept: dict[str, Answer] = {}
        self._looked: dict[str, float] = {}

    def ask(self, now: float, secret: str, clouds: Clouds) -> Answer | None:
        """The kept value, rotated when that was due."""
        kept = self._kept.get(secret)
        if kept is None:
            return self._fetch(now, secret, clouds)
        age = now - kept.fetched
        if self._ttl == 0 or age < self._ttl:
            return kept
        if now - self._looked.get(secret, kept.fetched) >= _ROTATION:
            self._looked[secret] = now
            kept = self._fetch(now, secret, clouds) or kept
            age = now - kept.fetched
        return kept if age < self._ttl + self._resurrect else None

    def _fetch(self, now: float, secret: str, clouds: Clouds) -> Answer | None:
        try:
            self._kept[secret] = Answer(clouds.fetch(), now)
        except (OutageError, RefusalError):
            return None
        return self._kept[secret]
