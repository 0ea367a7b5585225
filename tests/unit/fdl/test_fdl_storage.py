"""Folders of buckets, and which results go where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fdl import OutputPath, StoragePath, quantities

INBOX = StoragePath(provider="minio.default", bucket="photos", prefix="in")
BUCKET = StoragePath(provider="minio.default", bucket="photos")


@pytest.mark.parametrize(
    ("bucket", "key", "held"),
    [
        ("photos", "in/a.jpg", True),
        ("photos", "in/trip/a.jpg", True),
        ("photos", "in/", False),
        ("photos", "in", False),
        ("photos", "inbox/a.jpg", False),
        ("photos", "out/in/a.jpg", False),
        ("other", "in/a.jpg", False),
    ],
)
def test_a_folder_holds_what_is_below_it_and_not_itself(bucket: str, key: str, held: bool) -> None:
    assert INBOX.holds(bucket, key) is held


def test_a_bucket_without_a_folder_holds_every_key() -> None:
    assert BUCKET.holds("photos", "a.jpg")
    assert BUCKET.below("trip/a.jpg") == "trip/a.jpg"


@given(st.text(min_size=1))
def test_a_key_below_a_folder_keeps_the_rest_of_its_name(rest: str) -> None:
    assert INBOX.below(f"in/{rest}") == rest


def test_a_key_elsewhere_has_no_name_below_the_folder() -> None:
    with pytest.raises(ValueError, match=r"inbox/a\.jpg is not below photos/in"):
        INBOX.below("inbox/a.jpg")


@pytest.mark.parametrize(
    ("prefix", "overlap"), [("in", True), ("in/trip", True), ("", True), ("inbox", False), ("out", False)]
)
def test_folders_overlap_if_one_is_in_the_other(prefix: str, overlap: bool) -> None:
    other = StoragePath(provider="minio.default", bucket="photos", prefix=prefix)

    assert INBOX.overlaps(other) is overlap
    assert other.overlaps(INBOX) is overlap


@pytest.mark.parametrize(("provider", "bucket"), [("minio.other", "photos"), ("minio.default", "photos2")])
def test_folders_in_different_stores_or_buckets_do_not_overlap(provider: str, bucket: str) -> None:
    assert not INBOX.overlaps(StoragePath(provider=provider, bucket=bucket, prefix="in"))


# What upload_output of faas-supervisor 1.5.8 (97b91f28, storage/__init__.py) did with these when it was read.
@pytest.mark.parametrize(
    ("prefixes", "suffixes", "name", "taken"),
    [
        ((), (), "anything", True),
        ((), (".png", ".json"), "a.json", True),
        ((), (".png", ".json"), "a.txt", False),
        (("small-",), (), "small-a.png", True),
        (("small-",), (), "sub/small-a.png", False),
        (("sub/",), (), "sub/small-a.png", True),
        (("small-",), (".png",), "small-a.json", False),
        (("small-",), (".png",), "large-a.png", False),
        (("small-", "large-"), (".png",), "large-a.png", True),
    ],
)
def test_a_result_needs_one_of_the_prefixes_and_one_of_the_suffixes(
    prefixes: tuple[str, ...], suffixes: tuple[str, ...], name: str, taken: bool
) -> None:
    output = OutputPath(provider="minio.default", bucket="photos", prefix="out", prefixes=prefixes, suffixes=suffixes)

    assert output.takes(name) is taken


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("256Mi", 256 * 2**20),
        ("1Gi", 2**30),
        ("1.5Gi", 3 * 2**29),
        ("1G", 10**9),
        ("129e6", 129_000_000),
        ("128974848", 128_974_848),
        ("128974848000m", 128_974_848),
        ("1m", 1),
        ("4096Mi", 2**32),
    ],
)
def test_memory_is_counted_as_kubernetes_counts_it(text: str, amount: int) -> None:
    assert quantities.memory(text) == amount


@pytest.mark.parametrize(("text", "amount"), [("0.5", 0.5), ("500m", 0.5), ("2", 2.0), ("1.0", 1.0), (".25", 0.25)])
def test_processors_are_counted_as_kubernetes_counts_them(text: str, amount: float) -> None:
    assert quantities.cpus(text) == amount


@pytest.mark.parametrize("text", ["", "lots", "1Zi", "1 GB", "-1Gi", "0", "1e99", "9" * 50, "NaN", "1Gi1", "٣"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        quantities.memory(text)
