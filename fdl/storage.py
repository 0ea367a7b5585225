"""Where objects come from and go to, and who may open the stores."""

from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from fdl.form import Form, Text

S3_LIKE = ("minio", "s3")
KINDS = (*S3_LIKE, "onedata", "webdav", "rucio")


def _secret(value: object) -> object:
    return "" if value is None else value


Secret = Annotated[SecretStr, BeforeValidator(_secret)]


class StoragePath(Form):
    """A folder of a bucket: ``photos/in`` is the prefix ``in`` of the bucket ``photos``."""

    provider: str = Field(description="Kind and identifier, as in minio.default.")
    bucket: str
    prefix: str = Field(default="", description="Without a slash at either end; empty for the whole bucket.")

    @property
    def kind(self) -> str:
        """``minio``, ``s3``, ``onedata``, ``webdav`` or ``rucio``."""
        return self.provider.partition(".")[0]

    @property
    def path(self) -> str:
        """Bucket and prefix as FDL writes them."""
        return f"{self.bucket}/{self.prefix}" if self.prefix else self.bucket

    def holds(self, bucket: str, key: str) -> bool:
        """Whether the object lies below this folder; the folder's own marker does not."""
        start = f"{self.prefix}/" if self.prefix else ""
        return bucket == self.bucket and key.startswith(start) and len(key) > len(start)

    def below(self, key: str) -> str:
        """The key relative to this folder: ``trip/a.jpg`` of ``in/trip/a.jpg``.

        Raises:
            ValueError: The key is not below this folder.
        """
        if not self.holds(self.bucket, key):
            raise ValueError(f"{key} is not below {self.path}")
        return key[len(self.prefix) + 1 :] if self.prefix else key

    def overlaps(self, other: "StoragePath") -> bool:
        """Whether an object can lie below both: one folder is the other or is in it."""
        mine, theirs = f"{self.prefix}/".lstrip("/"), f"{other.prefix}/".lstrip("/")
        same = (self.provider, self.bucket) == (other.provider, other.bucket)
        return same and (mine.startswith(theirs) or theirs.startswith(mine))


class OutputPath(StoragePath):
    """A folder that results go to, as far as their names fit."""

    suffixes: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()

    def takes(self, name: str) -> bool:
        """Whether a result goes here, by the rule of faas-supervisor 1.5.8 (storage/__init__.py, upload_output).

        One of the prefixes and one of the suffixes must fit, and an empty list fits all. What they are held against
        is the path below the output folder, not the file's own name: the prefix ``a`` does not fit ``sub/a.png``.
        """
        return (not self.prefixes or name.startswith(self.prefixes)) and (
            not self.suffixes or name.endswith(self.suffixes)
        )


class MinioProvider(Form):
    """A MinIO server, or any other that speaks S3."""

    endpoint: Text = ""
    region: Text = ""
    verify: bool = True
    access_key: Secret = SecretStr("")
    secret_key: Secret = SecretStr("")


class S3Provider(Form):
    """An account of Amazon S3."""

    region: Text = ""
    access_key: Secret = SecretStr("")
    secret_key: Secret = SecretStr("")


class OnedataProvider(Form):
    """A space of a Oneprovider."""

    oneprovider_host: Text = ""
    token: Secret = SecretStr("")
    space: Text = ""


class WebdavProvider(Form):
    """A host that speaks WebDAV, as dCache does."""

    hostname: Text = ""
    login: Text = ""
    password: Secret = SecretStr("")


class RucioProvider(Form):
    """A Rucio server."""

    host: Text = ""
    auth_host: Text = ""
    account: Text = ""
    rse: Text = ""
    refresh_token: Secret = SecretStr("")
    oidc_audience: Text = ""
    token_endpoint: Text = ""


class StorageProviders(Form):
    """Each kind's stores, by the identifier that paths name them with."""

    minio: dict[str, MinioProvider] = Field(default_factory=dict)
    s3: dict[str, S3Provider] = Field(default_factory=dict)
    onedata: dict[str, OnedataProvider] = Field(default_factory=dict)
    webdav: dict[str, WebdavProvider] = Field(default_factory=dict)
    rucio: dict[str, RucioProvider] = Field(default_factory=dict)

    def names(self) -> frozenset[str]:
        """Every store, as paths name it: ``minio.default``."""
        return frozenset(f"{kind}.{name}" for kind in KINDS for name in getattr(self, kind))
