"""The members of run.json and of the journal, as types.

`schemas/report.schema.json` is the format; a test compares it with these types. Times are seconds, `started` and
`date` are ISO 8601, step numbers and event numbers count from 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NotRequired, TypedDict

from conformance.core.model import Arrival, Ending, Impact, Level, Outcome
from conformance.target.claims import Claims


class BytesEntry(TypedDict, total=False):
    """Bytes: `text` where they are UTF-8, else `base64`; exactly one of the two."""

    text: str
    base64: str


class ChunkEntry(BytesEntry, total=False):
    """Bytes of a body that arrived together, `at` seconds after the request was sent."""

    at: float


class RequestEntry(TypedDict):
    """A request as it was sent; `auth` names the header forms that carried the key."""

    method: str
    url: str
    headers: list[list[str]]
    auth: list[str]
    body: BytesEntry


class ExchangeEntry(TypedDict):
    """A request and its answer; `status` is None when no answer began.

    `behind` are the requests that the gateway sent to its upstream for this one, in a case from both ends.
    """

    family: str
    date: str
    seconds: float
    ended: Ending
    problem: str
    http_version: str
    request: RequestEntry
    curl: str
    status: int | None
    headers: list[list[str]]
    chunks: list[ChunkEntry]
    behind: NotRequired[list[BehindEntry]]


class BehindEntry(TypedDict):
    """A request of the gateway to its upstream, and the answer of the suite."""

    family: str
    date: str
    seconds: float
    ended: Ending
    problem: str
    request: BehindRequestEntry
    status: int | None
    headers: list[list[str]]
    chunks: list[ChunkEntry]


class BehindRequestEntry(TypedDict):
    """A request as the gateway sent it."""

    method: str
    url: str
    headers: list[list[str]]
    body: BytesEntry


class StoredEntry(TypedDict):
    """An exchange in exchanges.jsonl.gz, and what reports need of it; `first_byte` is None without a body.

    `streamed` is left out where the request does not ask for a stream.
    """

    digest: str
    status: int | None
    streamed: NotRequired[bool]
    first_byte: float | None


class WhereEntry(TypedDict, total=False):
    """A place in an exchange: a JSON pointer, an event's number, a byte offset."""

    pointer: str
    event: int
    offset: int


class FindingEntry(TypedDict):
    """A broken rule; `blame` is given where the upstream was tested as well."""

    rule: str
    level: Level
    blame: NotRequired[Literal["gateway", "upstream"]]
    step: int
    expected: str
    got: str
    where: WhereEntry


class ObservedEntry(TypedDict):
    """The facts about an exchange (schemas/facts.yaml), and the groups of rules that it was held against."""

    facts: list[str]
    held: list[str]


class AttemptEntry(TypedDict):
    """An attempt before the last one, and the seconds waited before the next."""

    step: int
    got: str
    waited: float
    status: NotRequired[int | None]
    ended: NotRequired[Ending]


class TokensEntry(TypedDict):
    """Tokens that the answers of a verdict report."""

    input: int
    output: int


class UpstreamEntry(TypedDict):
    """The result of the same case at the gateway's upstream."""

    outcome: Outcome
    reason: str
    seconds: float
    lacks: NotRequired[list[str]]
    plain_error: NotRequired[str]
    attempts: NotRequired[list[AttemptEntry]]
    arrival: NotRequired[Arrival]
    findings: list[FindingEntry]
    exchanges: list[ExchangeEntry]
    stored: NotRequired[list[StoredEntry]]


class VerdictEntry(TypedDict):
    """How a case ended, and why. `stored` stands for exchanges that are on disk only (`exchange_store`)."""

    id: str
    route: NotRequired[str]
    title: str
    family: str
    area: str
    endpoint: str
    model: NotRequired[str]
    needs: NotRequired[list[str]]
    level: Level
    source: str
    file: str
    line: int
    outcome: Outcome
    reason: str
    seconds: float
    attempts: NotRequired[list[AttemptEntry]]
    tokens: NotRequired[TokensEntry]
    lacks: NotRequired[list[str]]
    plain_error: NotRequired[str]
    arrival: NotRequired[Arrival]
    findings: list[FindingEntry]
    observed: NotRequired[list[ObservedEntry]]
    exchanges: list[ExchangeEntry]
    stored: NotRequired[list[StoredEntry]]
    upstream: NotRequired[UpstreamEntry]


class RuleEntry(TypedDict):
    """A rule that a finding names; `breaks` is what happens to which clients."""

    level: Level
    impact: Impact
    sentence: str
    source: str
    breaks: NotRequired[str]


class SuiteEntry(TypedDict):
    """The suite that made the run."""

    name: str
    version: str


class GatewayFacts(TypedDict):
    """The gateway under test: its address, and endpoint -> model (`default` for all others).

    `named` are the models that the user named; the others were chosen from the gateway's list. `provider` is the
    address of the scripted provider, if the suite was the gateway's upstream as well.
    """

    base_url: str
    models: dict[str, str]
    named: NotRequired[dict[str, str]]
    name: NotRequired[str]
    version: NotRequired[str]
    notes: NotRequired[list[str]]
    routes: NotRequired[dict[str, str]]
    provider: NotRequired[str]
    claims: NotRequired[Claims]


class UpstreamFacts(TypedDict):
    """The upstream of the gateway, where it was tested as well."""

    base_url: str
    models: dict[str, str]
    name: NotRequired[str]
    claims: NotRequired[Claims]


class CasesEntry(TypedDict):
    """All cases of the suite, of which a run may be a part; `set` is the date of the requirements, or `none`."""

    set: str
    count: int
    fingerprint: str


class CiEntry(TypedDict):
    """The CI service that made the run, and the address of the job."""

    name: str
    url: str


class EnvironmentEntry(TypedDict):
    """The software that made the run: versions and platform."""

    python: str
    platform: str
    packages: dict[str, str]
    ci: NotRequired[CiEntry]


class SpentEntry(TypedDict):
    """Requests and tokens of one endpoint, with control requests and retries."""

    requests: int
    input_tokens: int
    output_tokens: int


class ShardEntry(TypedDict):
    """The share of the cases that a run has; all shards of one run have the same fingerprint."""

    index: int
    of: int
    fingerprint: str


class ConditionEntry(TypedDict, total=False):
    """The `when` of a listed failure."""

    model: str
    stream: bool


class ListEntry(TypedDict):
    """One entry of a list of known failures (schemas/known.schema.json)."""

    problem: NotRequired[str]
    rules: NotRequired[list[str]]
    cases: NotRequired[str]
    reason: str
    rule: NotRequired[str]
    when: NotRequired[ConditionEntry]
    link: NotRequired[str]
    expires: NotRequired[str]
    sometimes: NotRequired[bool]


class SelectedEntry(TypedDict):
    """The cases that a run had to send, as test ids: `count` of the `of` cases in its tier and shard.

    `digest` is that of the sorted ids. `by` are pytest's options that selected some of them, and `unrun` the ids of
    cases without a verdict, because the run was interrupted. `shards` is the number of runs that were merged.
    """

    count: int
    of: int
    digest: str
    by: list[str]
    unrun: list[str]
    shards: NotRequired[int]


class ControlEntry(TypedDict):
    """A control request (cases/_controls.yaml), by its name there, and its answer, which `lacks` follows from.

    `again` and `longer` are steps of a case that was sent again, from which its `arrival` follows.
    """

    control: str
    endpoint: str
    route: NotRequired[str]
    upstream: NotRequired[bool]
    case: NotRequired[str]
    exchange: ExchangeEntry


class DigestsEntry(TypedDict):
    """SHA-256 digests in hex: of the suite's files, of all exchanges, and of everything else in the report."""

    suite: str
    exchanges: str
    report: str


class OverRunEntry(TypedDict):
    """A rule that the answers of a family break together, and their cases; `known` is the reason from the list."""

    family: str
    rule: str
    level: Level
    expected: str
    got: str
    cases: list[str]
    known: NotRequired[str]


class PlaceEntry(TypedDict):
    """An exchange of the run: the id of a verdict, and the step (from 1)."""

    case: str
    step: int


class ExampleEntry(PlaceEntry):
    """The smallest exchange that shows a problem, with its finding on the leading rule."""

    expected: str
    got: str


class ScopeEntry(TypedDict):
    """The condition under which a problem shows: `facts` (with `!` where one is false), and the same in words."""

    facts: list[str]
    words: str


class ShownEntry(TypedDict):
    """How often a problem shows: in `broken` of `inside` exchanges in its scope, and in none of `outside`.

    `low` and `high` are the 95 % interval of its share, for an intermittent problem of repeated cases.
    """

    broken: int
    inside: int
    outside: int
    low: NotRequired[float]
    high: NotRequired[float]


class ProblemEntry(TypedDict):
    """A problem: everything in a run that an engineer would file as one bug.

    `rules` begins with the leading rule, `rule`. `follows` are rules that break as a consequence. `cases` are the ids
    of the verdicts, `without` is the most similar exchange that does not show the problem. `blame` is given where the
    upstream was tested as well, `known` where the list of known failures covers the problem.
    """

    id: str
    rule: str
    rules: list[str]
    follows: list[str]
    level: Level
    impact: Impact
    scope: ScopeEntry
    shown: ShownEntry
    blame: NotRequired[Literal["gateway", "upstream"]]
    cases: list[str]
    models: list[str]
    routes: list[str]
    example: ExampleEntry
    without: NotRequired[PlaceEntry]
    known: NotRequired[str]


class ParameterEntry(TypedDict):
    """The fate of a request parameter on its way to an upstream, and the id of the verdict that shows it.

    `upstream` is the upstream's family, and `counterpart` whether it has such a parameter. `unknown_there`: the
    parameter went up under a name that the family does not have.
    """

    endpoint: str
    parameter: str
    upstream: str
    fate: Literal["forwarded", "translated", "refused", "altered", "dropped", "not_sent"]
    counterpart: bool
    unknown_there: bool
    case: str


SoakKind = Literal["whole", "empty", "cut", "overloaded", "failed"]
SoakProblem = Literal["streams", "failures", "cross-talk", "drift", "connections"]


class ShareEntry(TypedDict):
    """`hits` among `trials`; the true share is at least `low` and at most `high`, each with 95 % confidence."""

    hits: int
    trials: int
    low: float
    high: float


class AbortsEntry(TypedDict):
    """Streams that the client left early: all, those that the scripted provider saw, and those left open there."""

    sent: int
    followed: int
    left_open: int


class IntervalEntry(TypedDict):
    """A difference in seconds, and its 95 % interval."""

    value: float
    low: float
    high: float


class DriftEntry(TypedDict):
    """The median time to the first event in each third of a soak, and the last minus the first."""

    first: float
    middle: float
    last: float
    difference: IntervalEntry


class SoakExampleEntry(TypedDict):
    """A stream with a defect: what is wrong in the answer to a turn (from 1) of a session, and its beginning."""

    what: str
    endpoint: str
    session: int
    turn: int
    status: int | None
    excerpt: str


class SoakEntry(TypedDict):
    """The counts of a soak, and the problems in them.

    `kinds` counts the streams that were read to their end, `reasons` the failed ones by reason. `crossed` is the number
    of answers with a word of another session. `open_at_end` is the number of upstream requests that were still open
    after the last client had ended, None without the scripted provider. `first_event` is absent if it is not known.
    """

    endpoints: list[str]
    at_once: int
    seed: str
    seconds: float
    sessions: int
    streams: int
    kinds: dict[SoakKind, int]
    reasons: dict[str, int]
    empty_or_cut: ShareEntry
    failed: ShareEntry
    crossed: int
    aborts: AbortsEntry
    open_at_end: int | None
    machine_was_busy: bool
    first_event: NotRequired[DriftEntry]
    examples: list[SoakExampleEntry]
    problems: list[SoakProblem]


class RateEntry(TypedDict):
    """`hits` among `trials`; the 95 % interval of the rate is from `low` to `high`."""

    hits: int
    trials: int
    low: float
    high: float


class RepeatedEntry(TypedDict):
    """A case that was repeated: the number of its conclusive tries by outcome, and how often each rule was broken.

    `empty_streams` counts the tries with a stream that has no content; absent if the tries were not streamed.
    """

    case: str
    tries: int
    outcomes: dict[Outcome, int]
    rules: dict[str, RateEntry]
    empty_streams: NotRequired[RateEntry]


ClientStatus = Literal["ready", "limited", "not_ready", "not_judged"]


class NeedEntry(TypedDict):
    """A feature that a client needs, and that the run shows to be broken, or that it did not check (`open`).

    `sentence` says what happens without it, `source` who says so, and `measured` whether the client was seen to do it.
    `rules` are the broken ones, the most frequent first, and `cases` some of those that broke them, or that are open:
    `count` of the `of` cases of the need. `lacking` is the reason why the gateway does not have the feature, and
    `problem` the problem behind most of the cases.
    """

    need: str
    title: str
    without: Literal["stops", "degrades", "recovers"]
    state: Literal["broken", "open"]
    sentence: str
    source: str
    verified: str
    measured: bool
    rules: list[str]
    cases: list[str]
    count: int
    of: int
    lacking: NotRequired[str]
    problem: NotRequired[str]


class ReadinessEntry(TypedDict):
    """Whether a client works with the gateway. `needs` are those broken or open, `fix` is the first problem."""

    client: str
    name: str
    versions: str
    status: ClientStatus
    needs: list[NeedEntry]
    fix: NotRequired[str]


GivenLevel = Literal["core", "agent", "complete"]
LevelName = Literal["not_judged", "not_offered", "none", "core", "agent", "complete"]


class LevelEntry(TypedDict):
    """The level that a gateway reaches in a family with a model (schemas/levels.yaml), and how much of it was tested.

    `applicable` of the `cases` of the family apply to the gateway. `reason` says why it does not have the level `next`,
    or why no level was judged; `problem` is the worst problem behind it.
    """

    family: str
    model: str
    level: LevelName
    applicable: int
    cases: int
    reason: str
    next: NotRequired[GivenLevel]
    problem: NotRequired[str]


OptionValue = str | int | float | bool


class OptionalFacts(TypedDict, total=False):
    """The members that not every run has."""

    upstream: UpstreamFacts
    cases: CasesEntry
    options: dict[str, OptionValue]
    environment: EnvironmentEntry
    spent: Mapping[str, SpentEntry]
    shard: ShardEntry
    selected: SelectedEntry
    listed: list[ListEntry]
    controls: list[ControlEntry]
    digests: DigestsEntry
    over_run: list[OverRunEntry]
    problems: list[ProblemEntry]
    parameters: list[ParameterEntry]
    soak: SoakEntry
    repeated: list[RepeatedEntry]
    readiness: list[ReadinessEntry]
    levels: list[LevelEntry]


class RunDocument(OptionalFacts):
    """run.json: the suite, the gateway, and every verdict in the order of the ids."""

    format: int
    suite: SuiteEntry
    gateway: GatewayFacts
    started: str
    seconds: float
    summary: dict[Outcome, int]
    rules: dict[str, RuleEntry]
    verdicts: list[VerdictEntry]


class JournalHead(TypedDict):
    """The first line of the journal: the run that its verdicts belong to."""

    format: int
    fingerprint: str
    gateway: GatewayFacts
    started: str
    upstream: NotRequired[UpstreamFacts]
