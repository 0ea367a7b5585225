"""A service's grants as a policy of S3's own language, which AWS, MinIO and RustFS read alike."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from functions.runtime.errors import Rejected
from local.permissions import Grants

VERSION = "2012-10-17"
"""Of the policy language (IAM user guide, "IAM JSON policy elements: Version")."""
READ = ("s3:GetObject",)
WILD = "*?$"
"""Wildcards, and the beginning of a policy's variables (IAM user guide, "Policy variables")."""
WRITE = ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")


def s3_policy(granted: Grants, *, partition: str = "aws") -> dict[str, Any]:
    """Write the grants as a policy: objects below the folders alone, and lists of them by prefix.

    What may be read may be listed: without that S3 answers 403 for an object that is not there, not 404 (S3 API
    reference, HeadObject, "Permissions"). A grant for a whole bucket is one for all that lies in it.

    Args:
        partition: The first part of ARNs; MinIO and RustFS take ``aws``.

    Raises:
        Rejected: A folder's name has a character that stands for others in a policy.
    """
    _check((*granted.read, *granted.write, *granted.list))
    listed = _by_bucket((*granted.read, *granted.write, *granted.list))
    written = _by_bucket(granted.write)
    return {
        "Version": VERSION,
        "Statement": [
            _objects("Read", READ, granted.read, partition),
            _objects("Write", WRITE, granted.write, partition),
            *(_lists(number, bucket, listed[bucket], partition) for number, bucket in enumerate(listed, 1)),
            {
                "Sid": "Unfinished",
                "Effect": "Allow",
                "Action": ["s3:ListBucketMultipartUploads"],
                "Resource": [_arn(bucket, partition) for bucket in written],
            },
        ],
    }


def _check(folders: Iterable[str]) -> None:
    for folder in folders:
        if found := sorted(set(WILD) & set(folder)):
            sentence = f"the folder {folder} has {' '.join(found)} in its name, which stands for others in a policy"
            raise Rejected(sentence, hint="give the folder another name")


def _objects(name: str, actions: Sequence[str], folders: Iterable[str], partition: str) -> dict[str, Any]:
    found = [f"{_arn(folder, partition)}/*" for folder in folders]
    return {"Sid": name, "Effect": "Allow", "Action": list(actions), "Resource": found}


def _lists(number: int, bucket: str, folders: Sequence[str], partition: str) -> dict[str, Any]:
    """Allow lists of the folders of one bucket; of all of it where a grant is for all of it."""
    statement: dict[str, Any] = {
        "Sid": f"List{number}",
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": [_arn(bucket, partition)],
    }
    if "" not in folders:
        prefixes = [form for folder in folders for form in (f"{folder}/*", f"{folder}/")]
        statement["Condition"] = {"StringLike": {"s3:prefix": prefixes}}
    return statement


def _by_bucket(folders: Iterable[str]) -> Mapping[str, list[str]]:
    """Give each bucket's folders, the whole bucket as an empty one, each once."""
    found: dict[str, list[str]] = {}
    for folder in folders:
        bucket, _, prefix = folder.partition("/")
        known = found.setdefault(bucket, [])
        if prefix not in known:
            known.append(prefix)
    return found


def _arn(folder: str, partition: str) -> str:
    return f"arn:{partition}:s3:::{folder}"
