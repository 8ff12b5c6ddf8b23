"""Whether a report is unchanged since the run, and about the gateway that a profile describes."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.analysis.authentic.run import CheckedRun
from conformance.analysis.authentic.selection import WHOLE
from conformance.analysis.rejudge import Difference
from conformance.records import seal
from conformance.target.claims import claims_document
from conformance.target.profile import Profile


def findings(run: CheckedRun, profile: Profile | None = None) -> Iterator[Difference]:
    """The digests that differ, and the members of the profile that the report has otherwise."""
    recorded = run.document.get("digests")
    if recorded and recorded["exchanges"] != seal.exchanges(run.document):
        yield Difference(WHOLE, "its exchanges were changed after the run: their digest is another one")
    if recorded and recorded["report"] != seal.report(run.document):
        yield Difference(WHOLE, "the report was changed after the run: its digest is another one")
    if profile is not None:
        yield from _against(run, profile)


def _against(run: CheckedRun, profile: Profile) -> Iterator[Difference]:
    gateway = run.document["gateway"]
    for name, recorded, claimed in (
        ("name", gateway.get("name", ""), profile.name),
        ("version", gateway.get("version", ""), profile.version),
        ("base URL", gateway["base_url"], profile.base_url),
    ):
        if claimed and recorded != claimed:
            yield Difference(WHOLE, f"the {name} of its gateway is {recorded!r}, and the profile says {claimed!r}")
    for endpoint, model in profile.models.items():
        if gateway["models"].get(endpoint, model) != model:
            used = gateway["models"][endpoint]
            yield Difference(WHOLE, f"its model for {endpoint} is {used!r}, and the profile says {model!r}")
    if "claims" in gateway and gateway["claims"] != claims_document(profile):
        yield Difference(WHOLE, "its claims are not those of the profile; give the profile with which the run was made")
