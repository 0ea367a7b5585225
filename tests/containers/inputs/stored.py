"""Inputs of the functions that act on what the ledger knows: a real store, reached over this machine's network."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from events import ObjectCreated
from events.wire import minio_document
from functions.runtime.lineage import PARENT
from functions.runtime.runs import Run, StoredObject
from functions.training.record import RECORD
from functions.trust.pem import PemSigner
from tests.containers.inputs.world import World, readable
from tests.containers.jobs import Given, Results, definition_of
from tests.pipeline.retraining.conftest import at_work
from tests.pipeline.retraining.shop import RIGHT, WRONG, Shop, rows
from tests.trust.trainings import Training, trained

SOURCE, TARGET = "inbox", "outbox"
ENOUGH: Mapping[str, Any] = {"rows": 40, "least_kept": 10}


def table(world: World) -> Given:
    """Give gather-drifted a table with labels, after a model was put in place."""
    shop = at_work("gather-drifted", world.store, world.place(), **ENOUGH)
    shop.done(shop.placed(1, what="first"))
    expected = {"/dataset.csv": b"a,b,label", "/holdout.csv": b"a,b,label", "/model.onnx": b"neuron"}
    settings = {f"GATHER_DRIFTED_{name.upper()}": str(value) for name, value in ENOUGH.items()}
    return _of(world, shop, "gather-drifted", shop.collected("monday", rows(60, 1)), expected, settings=settings)


def verdict(world: World) -> Given:
    """Give swap-model what was verified of a model that is better than the one in place."""
    shop = at_work("swap-model", world.store, world.place())
    shop.done(shop.verified(WRONG))
    better = shop.verified(RIGHT, number=1, kept=rows(60, 1))
    return _of(world, shop, "swap-model", better, {"/current.json": b'"what": "swap"'})


def training(world: World) -> Given:
    """Give sign-bom what a training has left that the ledger knows, and a key."""
    place = world.place()
    made, key = trained(place), place / "keys/key.pem"
    key.parent.mkdir()
    key.write_bytes(PemSigner.new().pem())
    shop = at_work("sign-bom", world.store, place, key_file=key)
    run = _committed(shop, made)
    return _of(
        world,
        shop,
        "sign-bom",
        next(_event(one) for one in run.outputs if one.key.endswith(f"/{RECORD}")),
        {"/bom.cdx.json": b'"CycloneDX"', "/bom.dsse.json": b'"signatures"', f"/{RECORD}": made.record.job.encode()},
        settings={"SIGN_BOM_KEY_FILE": "/keys/key.pem"},
        places={"/keys": readable(key.parent)},
    )


def _of(
    world: World,
    shop: Shop,
    service: str,
    event: ObjectCreated,
    expected: Mapping[str, bytes],
    *,
    settings: Mapping[str, str] | None = None,
    places: Mapping[str, Path] | None = None,
) -> Given:
    """Give an object by its event; the host reads and writes the store itself."""
    name = f"{service}-{shop.folder}"
    own = {"NORIA_FUNCTION": service, "NORIA_FLAT": "true", **(settings or {})}
    definition = definition_of(name, f"{SOURCE}/{shop.folder}", f"{TARGET}/{shop.folder}", own)
    told = {
        "EVENT": minio_document(event).decode(),
        "NORIA_LEDGER": world.store.ledger,
        "NORIA_STORE_URL": world.store.store_url,
        "NORIA_STORE_ACCESS_KEY": world.store.store_access_key,
        "NORIA_STORE_SECRET_KEY": world.store.store_secret_key.get_secret_value(),
    }
    return Given(
        service,
        world.place(),
        definition,
        told,
        places or {},
        expected,
        network="host",
        fetched=lambda: _written(shop),
    )


def _written(shop: Shop) -> Results:
    return {key: shop.store.read(TARGET, key)[0] for key in shop.listed("")}


def _committed(shop: Shop, made: Training) -> Run:
    """Put a training's files into the store, and its run into the ledger, which names them as the store does."""
    members = tuple(_put(shop, made, one, TARGET, f"{shop.folder}-of") for one in made.run.members)
    outputs = tuple(_put(shop, made, one, SOURCE, shop.folder, {PARENT: made.run.name}) for one in made.run.outputs)
    run = made.run.model_copy(update={"input": members[-1], "members": members, "outputs": outputs})
    shop.store.write(shop.given.ledger, f"{run.name}.json", run.model_dump_json().encode())
    return run


def _put(
    shop: Shop, made: Training, one: StoredObject, bucket: str, folder: str, metadata: Mapping[str, str] | None = None
) -> StoredObject:
    key = f"{folder}/job/{PurePosixPath(one.key).name}"
    etag = shop.store.write(bucket, key, made.shelf.read(one).read_bytes(), metadata=metadata)
    return one.model_copy(update={"bucket": bucket, "key": key, "etag": etag})


def _event(one: StoredObject) -> ObjectCreated:
    return ObjectCreated(bucket=one.bucket, key=one.key, etag=one.etag, size=one.size)
