"""The models that are in place, as swap-model keeps them in the store."""

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

import fdl
from functions.continuum.reading import read
from functions.runtime.errors import MissingError, Rejected
from functions.runtime.ledger import Ledger
from functions.runtime.lineage import PARENT
from functions.runtime.runs import StoredObject
from functions.runtime.settings import nearest
from functions.runtime.store import Store
from functions.succession.documents import CURRENT, ROLLBACK, Changes, Current, Rollback

FUNCTION = "swap-model"


@dataclass(frozen=True)
class Models:
    """What one service that swaps models has put in place; rollbacks are asked for in the folder ``requests``."""

    store: Store
    ledger: Ledger
    service: fdl.Service
    out: fdl.StoragePath
    requests: fdl.StoragePath | None

    @classmethod
    def of(cls, services: Sequence[fdl.Service], store: Store, ledger: Ledger) -> "Models":
        """Find the service.

        Raises:
            Rejected: No pipeline that is served swaps models.
        """
        found = next((each for each in services if each.environment.get("NORIA_FUNCTION", each.name) == FUNCTION), None)
        out = next((path for path in found.outputs if path.takes(f"x/{CURRENT}")), None) if found else None
        if found is None or out is None:
            raise Rejected(
                "no pipeline here puts models in place", hint="noria up fdl/drift-retrain.yaml and the others"
            )
        return cls(store, ledger, found, out, _unwritten(found, services))

    def names(self) -> list[str]:
        """Name the models that are in place."""
        top = f"{self.out.prefix}/" if self.out.prefix else ""
        listed = (stat.key for stat in self.store.list(self.out.bucket, top))
        return sorted(
            key.removeprefix(top).removesuffix(f"/{CURRENT}") for key in listed if key.endswith(f"/{CURRENT}")
        )

    def current(self, name: str) -> Current:
        """Give the model of that name that is in place.

        Raises:
            Rejected: There is none.
        """
        try:
            body, _ = self.store.read(self.out.bucket, self._key(name))
            return Current.model_validate_json(body)
        except MissingError:
            known = self.names()
            hint = f"there are {', '.join(known[:10])}" if known else "the first one has to be trained"
            raise Rejected(f"no model {name!r} is in place{nearest(name, known)}", hint=hint) from None
        except ValidationError as error:
            raise Rejected(f"{self.out.path}/{name}/{CURRENT} cannot be read: {error.errors()[0]['msg']}") from None

    def changes(self, name: str) -> Changes:
        """Give all that was decided about a model, by the run that was last to do so.

        Raises:
            Rejected: There is none of that name, or its record is gone.
        """
        self.current(name)
        maker = self.store.stat(self.out.bucket, self._key(name)).metadata.get(PARENT, "")
        run = self.ledger.find(maker) if maker else None
        one = next((each for each in run.outputs if "/changes/" in each.key), None) if run else None
        if one is None:
            raise Rejected(f"the ledger does not know who put {name} in place")
        return Changes.model_validate_json(self.store.read(one.bucket, one.key)[0])

    def ask_back(self, name: str, *, to: str = "", reason: str = "") -> StoredObject:
        """Ask for an earlier model, and give the object that does.

        Raises:
            Rejected: There is no such model, or nobody can be asked.
        """
        self.current(name)
        if self.requests is None:
            raise Rejected(f"{self.service.name} has no input of its own for requests", hint="add one to its FDL")
        wanted = {key: value for key, value in (("to", to), ("reason", reason)) if value}
        body = json.dumps(wanted, ensure_ascii=False).encode()
        read(body.decode(), Rollback, source=f"the request{ROLLBACK}")  # a wrong one is told before it is sent
        key = "/".join(filter(None, (self.requests.prefix, name, f"{uuid.uuid4().hex}{ROLLBACK}")))
        etag = self.store.write(self.requests.bucket, key, body, metadata={"Content-Type": "application/json"})
        return StoredObject(bucket=self.requests.bucket, key=key, etag=etag, size=len(body))

    def _key(self, name: str) -> str:
        return "/".join(filter(None, (self.out.prefix, name, CURRENT)))


def _unwritten(service: fdl.Service, services: Iterable[fdl.Service]) -> fdl.StoragePath | None:
    """Give the input that no service writes to: the one for people."""
    written = [output for each in services for output in each.outputs]
    return next((path for path in service.inputs if not any(path.overlaps(output) for output in written)), None)
