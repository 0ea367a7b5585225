# ruff: noqa
# mypy: disable-error-code="type-arg"
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SubscribeMetadataRequest(_message.Message):
    __slots__ = (
        "client_name",
        "path_prefix",
        "since_ns",
        "path_prefixes",
        "client_id",
        "client_epoch",
        "client_supports_batching",
        "client_supports_idle_heartbeat",
    )
    CLIENT_NAME_FIELD_NUMBER: _ClassVar[int]
    PATH_PREFIX_FIELD_NUMBER: _ClassVar[int]
    SINCE_NS_FIELD_NUMBER: _ClassVar[int]
    PATH_PREFIXES_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_EPOCH_FIELD_NUMBER: _ClassVar[int]
    CLIENT_SUPPORTS_BATCHING_FIELD_NUMBER: _ClassVar[int]
    CLIENT_SUPPORTS_IDLE_HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    client_name: str
    path_prefix: str
    since_ns: int
    path_prefixes: _containers.RepeatedScalarFieldContainer[str]
    client_id: int
    client_epoch: int
    client_supports_batching: bool
    client_supports_idle_heartbeat: bool
    def __init__(
        self,
        client_name: _Optional[str] = ...,
        path_prefix: _Optional[str] = ...,
        since_ns: _Optional[int] = ...,
        path_prefixes: _Optional[_Iterable[str]] = ...,
        client_id: _Optional[int] = ...,
        client_epoch: _Optional[int] = ...,
        client_supports_batching: _Optional[bool] = ...,
        client_supports_idle_heartbeat: _Optional[bool] = ...,
    ) -> None: ...

class SubscribeMetadataResponse(_message.Message):
    __slots__ = ("directory", "event_notification", "ts_ns", "events")
    DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    EVENT_NOTIFICATION_FIELD_NUMBER: _ClassVar[int]
    TS_NS_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    directory: str
    event_notification: EventNotification
    ts_ns: int
    events: _containers.RepeatedCompositeFieldContainer[SubscribeMetadataResponse]
    def __init__(
        self,
        directory: _Optional[str] = ...,
        event_notification: _Optional[_Union[EventNotification, _Mapping]] = ...,
        ts_ns: _Optional[int] = ...,
        events: _Optional[_Iterable[_Union[SubscribeMetadataResponse, _Mapping]]] = ...,
    ) -> None: ...

class TraverseBfsMetadataRequest(_message.Message):
    __slots__ = ("directory",)
    DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    directory: str
    def __init__(self, directory: _Optional[str] = ...) -> None: ...

class TraverseBfsMetadataResponse(_message.Message):
    __slots__ = ("directory", "entry")
    DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    directory: str
    entry: Entry
    def __init__(self, directory: _Optional[str] = ..., entry: _Optional[_Union[Entry, _Mapping]] = ...) -> None: ...

class EventNotification(_message.Message):
    __slots__ = ("old_entry", "new_entry", "delete_chunks", "new_parent_path")
    OLD_ENTRY_FIELD_NUMBER: _ClassVar[int]
    NEW_ENTRY_FIELD_NUMBER: _ClassVar[int]
    DELETE_CHUNKS_FIELD_NUMBER: _ClassVar[int]
    NEW_PARENT_PATH_FIELD_NUMBER: _ClassVar[int]
    old_entry: Entry
    new_entry: Entry
    delete_chunks: bool
    new_parent_path: str
    def __init__(
        self,
        old_entry: _Optional[_Union[Entry, _Mapping]] = ...,
        new_entry: _Optional[_Union[Entry, _Mapping]] = ...,
        delete_chunks: _Optional[bool] = ...,
        new_parent_path: _Optional[str] = ...,
    ) -> None: ...

class Entry(_message.Message):
    __slots__ = ("name", "is_directory", "chunks", "attributes", "extended", "content")
    class ExtendedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...

    NAME_FIELD_NUMBER: _ClassVar[int]
    IS_DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    EXTENDED_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    name: str
    is_directory: bool
    chunks: _containers.RepeatedCompositeFieldContainer[FileChunk]
    attributes: FuseAttributes
    extended: _containers.ScalarMap[str, bytes]
    content: bytes
    def __init__(
        self,
        name: _Optional[str] = ...,
        is_directory: _Optional[bool] = ...,
        chunks: _Optional[_Iterable[_Union[FileChunk, _Mapping]]] = ...,
        attributes: _Optional[_Union[FuseAttributes, _Mapping]] = ...,
        extended: _Optional[_Mapping[str, bytes]] = ...,
        content: _Optional[bytes] = ...,
    ) -> None: ...

class FileChunk(_message.Message):
    __slots__ = ("file_id", "modified_ts_ns", "fid")
    FILE_ID_FIELD_NUMBER: _ClassVar[int]
    MODIFIED_TS_NS_FIELD_NUMBER: _ClassVar[int]
    FID_FIELD_NUMBER: _ClassVar[int]
    file_id: str
    modified_ts_ns: int
    fid: FileId
    def __init__(
        self,
        file_id: _Optional[str] = ...,
        modified_ts_ns: _Optional[int] = ...,
        fid: _Optional[_Union[FileId, _Mapping]] = ...,
    ) -> None: ...

class FileId(_message.Message):
    __slots__ = ("volume_id", "file_key", "cookie")
    VOLUME_ID_FIELD_NUMBER: _ClassVar[int]
    FILE_KEY_FIELD_NUMBER: _ClassVar[int]
    COOKIE_FIELD_NUMBER: _ClassVar[int]
    volume_id: int
    file_key: int
    cookie: int
    def __init__(
        self, volume_id: _Optional[int] = ..., file_key: _Optional[int] = ..., cookie: _Optional[int] = ...
    ) -> None: ...

class FuseAttributes(_message.Message):
    __slots__ = ("file_size", "mtime", "mime", "md5")
    FILE_SIZE_FIELD_NUMBER: _ClassVar[int]
    MTIME_FIELD_NUMBER: _ClassVar[int]
    MIME_FIELD_NUMBER: _ClassVar[int]
    MD5_FIELD_NUMBER: _ClassVar[int]
    file_size: int
    mtime: int
    mime: str
    md5: bytes
    def __init__(
        self,
        file_size: _Optional[int] = ...,
        mtime: _Optional[int] = ...,
        mime: _Optional[str] = ...,
        md5: _Optional[bytes] = ...,
    ) -> None: ...
