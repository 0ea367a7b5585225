"""The cases: what is uploaded, what is announced of it, and how it must end whatever the host."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from events.wire import minio_document
from tests.contract import announcing
from tests.contract.announcing import Announcing

COMMITTED, FAILED, SUPERSEDED, NONE = "committed", "failed", "superseded", ""


PLAIN = announcing.once(minio_document)


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
        name: A sentence; its words are the folder of its objects.
        announcing: Uploads, and gives the events and the documents that tell of them.
        states: How the run of each event ends; empty for no run.
        verdicts: The last word on each document.
        content: Of the object.
        key: Of the object, below the case's folder.
        metadata: That the uploader gives.
        attempts: Of each run.
        outputs: How many results there are in all.
        reason: Part of what the dead letter says.
        at_once: All documents are delivered at the same time.
    """

    name: str
    content: bytes = b"some text\n"
    key: str = "a.txt"
    announcing: Announcing = PLAIN
    states: Sequence[str] = (COMMITTED,)
    verdicts: Sequence[str] = ("done",)
    metadata: dict[str, str] = field(default_factory=dict)
    attempts: int = 1
    outputs: int = 2
    reason: str = ""
    at_once: bool = False

    @property
    def slug(self) -> str:
        """The folder of its objects."""
        return self.name.replace(" ", "-")


def rejected(name: str, content: bytes, reason: str, *, attempts: int = 1, key: str = "a.txt") -> Case:
    """Give a case of an object that can never succeed."""
    return Case(name, content, key, states=(FAILED,), verdicts=("dead",), outputs=0, reason=reason, attempts=attempts)


GOOD = (
    Case("a plain object"),
    Case("an empty object", b""),
    Case("a large object", b"0123456789abcdef" * (20 * 2**16)),
    Case("a key with spaces and signs", key="my photo+1 %41 ü'\".txt"),
    Case("a key that a shell would change", key="$HOME `id` * ?  two  spaces & more.txt"),
    Case("a key in folders", key="trip/to/the sea/a.txt"),
    Case("a function that writes nothing", b"nothing\n", outputs=0),
    Case(
        "two objects that belong together",
        b"pair\n",
        announcing=announcing.apart(2),
        states=(COMMITTED,) * 2,
        verdicts=("done",) * 2,
    ),
    Case("a result in a folder", b"folder\n", outputs=3),
    Case("an object that came a long way", metadata={"noria-hops": "3", "noria-trace": "f" * 32}),
)
FORMS = (
    Case("metadata with a backslash", announcing=announcing.once(announcing.with_backslashes)),
    Case("as Amazon S3 tells it", announcing=announcing.once(announcing.amazon)),
    Case("as RustFS tells it", announcing=announcing.once(announcing.rustfs)),
    Case("as EventBridge tells it", announcing=announcing.once(announcing.eventbridge)),
    Case("as a CloudEvent", announcing=announcing.once(announcing.structured)),
    Case("as another cluster passes it on", announcing=announcing.once(announcing.delegated)),
    Case("as a topic tells it", announcing=announcing.once(announcing.topic)),
    Case("without its version", announcing=announcing.once(announcing.unversioned)),
    Case("in spaced out lines", announcing=announcing.once(announcing.indented)),
    Case("three objects in one document", announcing=announcing.together(3), states=(COMMITTED,) * 3, outputs=6),
    Case(
        "a bad record among good ones",
        announcing=announcing.together(2, announcing.BAD_RECORD),
        states=(COMMITTED,) * 2,
        verdicts=("dead",),
        outputs=4,
        reason="record 3 of 3",
    ),
)
NOTHING = (
    Case("a test event", announcing=announcing.words(announcing.TEST_EVENT), states=(), outputs=0),
    Case("no records at all", announcing=announcing.words(b'{"Records": []}'), states=(), outputs=0),
    Case("a deletion", announcing=announcing.once(announcing.deletion), states=(NONE,), outputs=0),
    Case("a tag that is set", announcing=announcing.once(announcing.tagging), states=(NONE,), outputs=0),
    Case("an object beside the input", announcing=announcing.beside, states=(NONE,), outputs=0),
)
AGAIN = (
    Case("twice", announcing=announcing.twice(minio_document, minio_document), verdicts=("done",) * 2),
    Case(
        "twice at once",
        b"second\n",
        announcing=announcing.twice(minio_document, minio_document),
        verdicts=("done",) * 2,
        at_once=True,
    ),
    Case("in two forms", announcing=announcing.twice(minio_document, announcing.amazon), verdicts=("done",) * 2),
    Case(
        "a rejected one twice",
        b"reject\n",
        announcing=announcing.twice(minio_document, minio_document),
        states=(FAILED,),
        verdicts=("dead", "done"),
        outputs=0,
        reason="the content says reject",
    ),
    Case(
        "an old version first", announcing=announcing.versions(), states=(SUPERSEDED, COMMITTED), verdicts=("done",) * 2
    ),
    Case(
        "an old version last",
        announcing=announcing.versions(late=True),
        states=(SUPERSEDED, COMMITTED),
        verdicts=("done",) * 2,
    ),
)
REJECTED = (
    rejected("an object that the function refuses", b"reject\n", "the content says reject"),
    rejected("half of the results", b"half\n", "the content says half"),
    rejected("a link in place of a result", b"link\n", "not a regular file"),
    rejected("a forged letter", b"letter\n", "would be taken for a dead letter"),
    rejected("a result that no output takes", b"stranger\n", "no output of contract takes"),
    rejected("an object that is too large", b"0" * 30_000_001, "30"),
    Case(
        "an object that goes round for ever",
        metadata={"noria-hops": "16"},
        states=(FAILED,),
        verdicts=("dead",),
        outputs=0,
        reason="passed through 16 functions",
    ),
    Case(
        "an object that was deleted",
        announcing=announcing.gone,
        states=(FAILED,),
        verdicts=("dead",),
        outputs=0,
        reason="was deleted before it was read",
    ),
    Case(
        "an object of another bucket",
        announcing=announcing.elsewhere,
        states=(NONE,),
        verdicts=("dead",),
        outputs=0,
        reason="lies below no input",
    ),
    Case(
        "a foreign document",
        announcing=announcing.words(b'{"temperature": 21}'),
        states=(),
        verdicts=("dead",),
        outputs=0,
        reason="not an event about an object",
    ),
    Case(
        "no JSON",
        announcing=announcing.words(b"temperature 21"),
        states=(),
        verdicts=("dead",),
        outputs=0,
        reason="not JSON",
    ),
)
TROUBLED = (
    Case("once is not enough", b"again once\n", attempts=2),
    Case("twice is not enough", b"fail twice\n", attempts=3),
    Case("a function that waits for another", b"wait\n"),
    Case("a process that ends once", b"exit once\n", attempts=2),
    Case("a handler that hangs once", b"hang once\n", attempts=2),
    rejected("an error that nobody foresaw", b"raise\n", "nobody foresaw this", attempts=3),
    rejected("a process that always ends", b"exit\n", "was lost", attempts=3),
    rejected("a process that crashes", b"segfault\n", "was lost", attempts=3),
    rejected("too much memory", b"eat\n", "more than its 300 MiB", attempts=3),
)
CASES = (*GOOD, *FORMS, *NOTHING, *AGAIN, *REJECTED, *TROUBLED)
