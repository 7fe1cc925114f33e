//! What the shim serves. Generated from the WIT files in `packages/`; don't edit.
//! `BLESS=1 cargo test -p nanocc-wit` rewrites it.

use crate::{Definition::*, Type::*, *};
use semver::Version;

const WASI_IO_STREAMS_STREAM_ERROR: Type = Type::Variant(&crate::Variant {
    name: TypeName { interface: "wasi:io/streams", name: "stream-error" },
    cases: &[("last-operation-failed", Some(Own(ResourceNumber(0)))), ("closed", None)],
});
const WASI_CLOCKS_WALL_CLOCK_DATETIME: Type = Type::Record(&crate::Record {
    name: TypeName { interface: "wasi:clocks/wall-clock", name: "datetime" },
    fields: &[("seconds", U64), ("nanoseconds", U32)],
});
const WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE: Type = Type::Enum(&crate::Enum {
    name: TypeName { interface: "wasi:filesystem/types", name: "descriptor-type" },
    cases: &["unknown", "block-device", "character-device", "directory", "fifo", "symbolic-link", "regular-file", "socket"],
});
const WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS: Type = Type::Flags(&crate::Flags {
    name: TypeName { interface: "wasi:filesystem/types", name: "descriptor-flags" },
    flags: &["read", "write", "file-integrity-sync", "data-integrity-sync", "requested-write-sync", "mutate-directory"],
});
const WASI_FILESYSTEM_TYPES_PATH_FLAGS: Type = Type::Flags(&crate::Flags {
    name: TypeName { interface: "wasi:filesystem/types", name: "path-flags" },
    flags: &["symlink-follow"],
});
const WASI_FILESYSTEM_TYPES_OPEN_FLAGS: Type = Type::Flags(&crate::Flags {
    name: TypeName { interface: "wasi:filesystem/types", name: "open-flags" },
    flags: &["create", "directory", "exclusive", "truncate"],
});
const WASI_FILESYSTEM_TYPES_DESCRIPTOR_STAT: Type = Type::Record(&crate::Record {
    name: TypeName { interface: "wasi:filesystem/types", name: "descriptor-stat" },
    fields: &[("type", WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE), ("link-count", U64), ("size", U64), ("data-access-timestamp", Type::Option(&WASI_CLOCKS_WALL_CLOCK_DATETIME)), ("data-modification-timestamp", Type::Option(&WASI_CLOCKS_WALL_CLOCK_DATETIME)), ("status-change-timestamp", Type::Option(&WASI_CLOCKS_WALL_CLOCK_DATETIME))],
});
const WASI_FILESYSTEM_TYPES_NEW_TIMESTAMP: Type = Type::Variant(&crate::Variant {
    name: TypeName { interface: "wasi:filesystem/types", name: "new-timestamp" },
    cases: &[("no-change", None), ("now", None), ("timestamp", Some(WASI_CLOCKS_WALL_CLOCK_DATETIME))],
});
const WASI_FILESYSTEM_TYPES_DIRECTORY_ENTRY: Type = Type::Record(&crate::Record {
    name: TypeName { interface: "wasi:filesystem/types", name: "directory-entry" },
    fields: &[("type", WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE), ("name", Type::String)],
});
const WASI_FILESYSTEM_TYPES_ERROR_CODE: Type = Type::Enum(&crate::Enum {
    name: TypeName { interface: "wasi:filesystem/types", name: "error-code" },
    cases: &["access", "would-block", "already", "bad-descriptor", "busy", "deadlock", "quota", "exist", "file-too-large", "illegal-byte-sequence", "in-progress", "interrupted", "invalid", "io", "is-directory", "loop", "too-many-links", "message-size", "name-too-long", "no-device", "no-entry", "no-lock", "insufficient-memory", "insufficient-space", "not-directory", "not-empty", "not-recoverable", "unsupported", "no-tty", "no-such-device", "overflow", "not-permitted", "pipe", "read-only", "invalid-seek", "text-file-busy", "cross-device"],
});
const WASI_FILESYSTEM_TYPES_ADVICE: Type = Type::Enum(&crate::Enum {
    name: TypeName { interface: "wasi:filesystem/types", name: "advice" },
    cases: &["normal", "sequential", "random", "will-need", "dont-need", "no-reuse"],
});
const WASI_FILESYSTEM_TYPES_METADATA_HASH_VALUE: Type = Type::Record(&crate::Record {
    name: TypeName { interface: "wasi:filesystem/types", name: "metadata-hash-value" },
    fields: &[("lower", U64), ("upper", U64)],
});
const WASI_SOCKETS_NETWORK_ERROR_CODE: Type = Type::Enum(&crate::Enum {
    name: TypeName { interface: "wasi:sockets/network", name: "error-code" },
    cases: &["unknown", "access-denied", "not-supported", "invalid-argument", "out-of-memory", "timeout", "concurrency-conflict", "not-in-progress", "would-block", "invalid-state", "new-socket-limit", "address-not-bindable", "address-in-use", "remote-unreachable", "connection-refused", "connection-reset", "connection-aborted", "datagram-too-large", "name-unresolvable", "temporary-resolver-failure", "permanent-resolver-failure"],
});
const WASI_SOCKETS_NETWORK_IP_ADDRESS_FAMILY: Type = Type::Enum(&crate::Enum {
    name: TypeName { interface: "wasi:sockets/network", name: "ip-address-family" },
    cases: &["ipv4", "ipv6"],
});
const WASI_SOCKETS_NETWORK_IP_ADDRESS: Type = Type::Variant(&crate::Variant {
    name: TypeName { interface: "wasi:sockets/network", name: "ip-address" },
    cases: &[("ipv4", Some(Tuple(&[U8, U8, U8, U8]))), ("ipv6", Some(Tuple(&[U16, U16, U16, U16, U16, U16, U16, U16])))],
});
const WASI_SOCKETS_NETWORK_IPV4_SOCKET_ADDRESS: Type = Type::Record(&crate::Record {
    name: TypeName { interface: "wasi:sockets/network", name: "ipv4-socket-address" },
    fields: &[("port", U16), ("address", Tuple(&[U8, U8, U8, U8]))],
});
const WASI_SOCKETS_NETWORK_IPV6_SOCKET_ADDRESS: Type = Type::Record(&crate::Record {
    name: TypeName { interface: "wasi:sockets/network", name: "ipv6-socket-address" },
    fields: &[("port", U16), ("flow-info", U32), ("address", Tuple(&[U16, U16, U16, U16, U16, U16, U16, U16])), ("scope-id", U32)],
});
const WASI_SOCKETS_NETWORK_IP_SOCKET_ADDRESS: Type = Type::Variant(&crate::Variant {
    name: TypeName { interface: "wasi:sockets/network", name: "ip-socket-address" },
    cases: &[("ipv4", Some(WASI_SOCKETS_NETWORK_IPV4_SOCKET_ADDRESS)), ("ipv6", Some(WASI_SOCKETS_NETWORK_IPV6_SOCKET_ADDRESS))],
});
const WASI_SOCKETS_TCP_SHUTDOWN_TYPE: Type = Type::Enum(&crate::Enum {
    name: TypeName { interface: "wasi:sockets/tcp", name: "shutdown-type" },
    cases: &["receive", "send", "both"],
});
const WASI_SOCKETS_UDP_INCOMING_DATAGRAM: Type = Type::Record(&crate::Record {
    name: TypeName { interface: "wasi:sockets/udp", name: "incoming-datagram" },
    fields: &[("data", List(&U8)), ("remote-address", WASI_SOCKETS_NETWORK_IP_SOCKET_ADDRESS)],
});
const WASI_SOCKETS_UDP_OUTGOING_DATAGRAM: Type = Type::Record(&crate::Record {
    name: TypeName { interface: "wasi:sockets/udp", name: "outgoing-datagram" },
    fields: &[("data", List(&U8)), ("remote-address", Type::Option(&WASI_SOCKETS_NETWORK_IP_SOCKET_ADDRESS))],
});

pub static HOST: Host = Host {
    interfaces: &[
        Interface {
            package: "wasi:io",
            name: "error",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
                TypeExport { name: "error", definition: Definition::Resource(ResourceNumber(0)) },
            ],
            functions: &[
                Function { name: "[method]error.to-debug-string", params: &[("self", Borrow(ResourceNumber(0)))], result: Some(Type::String) },
            ],
        },
        Interface {
            package: "wasi:io",
            name: "poll",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
                TypeExport { name: "pollable", definition: Definition::Resource(ResourceNumber(1)) },
            ],
            functions: &[
                Function { name: "[method]pollable.ready", params: &[("self", Borrow(ResourceNumber(1)))], result: Some(Bool) },
                Function { name: "[method]pollable.block", params: &[("self", Borrow(ResourceNumber(1)))], result: None },
                Function { name: "poll", params: &[("in", List(&Borrow(ResourceNumber(1))))], result: Some(List(&U32)) },
            ],
        },
        Interface {
            package: "wasi:io",
            name: "streams",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
                TypeExport { name: "error", definition: Definition::Resource(ResourceNumber(0)) },
                TypeExport { name: "pollable", definition: Definition::Resource(ResourceNumber(1)) },
                TypeExport { name: "stream-error", definition: Value(WASI_IO_STREAMS_STREAM_ERROR) },
                TypeExport { name: "input-stream", definition: Definition::Resource(ResourceNumber(2)) },
                TypeExport { name: "output-stream", definition: Definition::Resource(ResourceNumber(3)) },
            ],
            functions: &[
                Function { name: "[method]input-stream.read", params: &[("self", Borrow(ResourceNumber(2))), ("len", U64)], result: Some(Type::Result(&ResultType { ok: Some(List(&U8)), err: Some(WASI_IO_STREAMS_STREAM_ERROR) })) },
                Function { name: "[method]input-stream.blocking-read", params: &[("self", Borrow(ResourceNumber(2))), ("len", U64)], result: Some(Type::Result(&ResultType { ok: Some(List(&U8)), err: Some(WASI_IO_STREAMS_STREAM_ERROR) })) },
                Function { name: "[method]input-stream.skip", params: &[("self", Borrow(ResourceNumber(2))), ("len", U64)], result: Some(Type::Result(&ResultType { ok: Some(U64), err: Some(WASI_IO_STREAMS_STREAM_ERROR) })) },
                Function { name: "[method]input-stream.blocking-skip", params: &[("self", Borrow(ResourceNumber(2))), ("len", U64)], result: Some(Type::Result(&ResultType { ok: Some(U64), err: Some(WASI_IO_STREAMS_STREAM_ERROR) })) },
                Function { name: "[method]input-stream.subscribe", params: &[("self", Borrow(ResourceNumber(2)))], result: Some(Own(ResourceNumber(1))) },
                Function { name: "[method]output-stream.check-write", params: &[("self", Borrow(ResourceNumber(3)))], result: Some(Type::Result(&ResultType { ok: Some(U64), err: Some(WASI_IO_STREAMS_STREAM_ERROR) })) },
                Function { name: "[method]output-stream.write", params: &[("self", Borrow(ResourceNumber(3))), ("contents", List(&U8))], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_IO_STREAMS_STREAM_ERROR) })) },
                Function { name: "[method]output-stream.blocking-write-and-flush", params: &[("self", Borrow(ResourceNumber(3))), ("contents", List(&U8))], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_IO_STREAMS_STREAM_ERROR) })) },
                Function { name: "[method]output-stream.flush", params: &[("self", Borrow(ResourceNumber(3)))], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_IO_STREAMS_STREAM_ERROR) })) },
                Function { name: "[method]output-stream.blocking-flush", params: &[("self", Borrow(ResourceNumber(3)))], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_IO_STREAMS_STREAM_ERROR) })) },
                Function { name: "[method]output-stream.subscribe", params: &[("self", Borrow(ResourceNumber(3)))], result: Some(Own(ResourceNumber(1))) },
                Function { name: "[method]output-stream.write-zeroes", params: &[("self", Borrow(ResourceNumber(3))), ("len", U64)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_IO_STREAMS_STREAM_ERROR) })) },
                Function { name: "[method]output-stream.blocking-write-zeroes-and-flush", params: &[("self", Borrow(ResourceNumber(3))), ("len", U64)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_IO_STREAMS_STREAM_ERROR) })) },
                Function { name: "[method]output-stream.splice", params: &[("self", Borrow(ResourceNumber(3))), ("src", Borrow(ResourceNumber(2))), ("len", U64)], result: Some(Type::Result(&ResultType { ok: Some(U64), err: Some(WASI_IO_STREAMS_STREAM_ERROR) })) },
                Function { name: "[method]output-stream.blocking-splice", params: &[("self", Borrow(ResourceNumber(3))), ("src", Borrow(ResourceNumber(2))), ("len", U64)], result: Some(Type::Result(&ResultType { ok: Some(U64), err: Some(WASI_IO_STREAMS_STREAM_ERROR) })) },
            ],
        },
        Interface {
            package: "wasi:clocks",
            name: "monotonic-clock",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
                TypeExport { name: "pollable", definition: Definition::Resource(ResourceNumber(1)) },
                TypeExport { name: "instant", definition: Value(U64) },
                TypeExport { name: "duration", definition: Value(U64) },
            ],
            functions: &[
                Function { name: "now", params: &[], result: Some(U64) },
                Function { name: "resolution", params: &[], result: Some(U64) },
                Function { name: "subscribe-instant", params: &[("when", U64)], result: Some(Own(ResourceNumber(1))) },
                Function { name: "subscribe-duration", params: &[("when", U64)], result: Some(Own(ResourceNumber(1))) },
            ],
        },
        Interface {
            package: "wasi:clocks",
            name: "wall-clock",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
                TypeExport { name: "datetime", definition: Value(WASI_CLOCKS_WALL_CLOCK_DATETIME) },
            ],
            functions: &[
                Function { name: "now", params: &[], result: Some(WASI_CLOCKS_WALL_CLOCK_DATETIME) },
                Function { name: "resolution", params: &[], result: Some(WASI_CLOCKS_WALL_CLOCK_DATETIME) },
            ],
        },
        Interface {
            package: "wasi:random",
            name: "random",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
            ],
            functions: &[
                Function { name: "get-random-bytes", params: &[("len", U64)], result: Some(List(&U8)) },
                Function { name: "get-random-u64", params: &[], result: Some(U64) },
            ],
        },
        Interface {
            package: "wasi:random",
            name: "insecure",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
            ],
            functions: &[
                Function { name: "get-insecure-random-bytes", params: &[("len", U64)], result: Some(List(&U8)) },
                Function { name: "get-insecure-random-u64", params: &[], result: Some(U64) },
            ],
        },
        Interface {
            package: "wasi:random",
            name: "insecure-seed",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
            ],
            functions: &[
                Function { name: "insecure-seed", params: &[], result: Some(Tuple(&[U64, U64])) },
            ],
        },
        Interface {
            package: "wasi:cli",
            name: "environment",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
            ],
            functions: &[
                Function { name: "get-environment", params: &[], result: Some(List(&Tuple(&[Type::String, Type::String]))) },
                Function { name: "get-arguments", params: &[], result: Some(List(&Type::String)) },
                Function { name: "initial-cwd", params: &[], result: Some(Type::Option(&Type::String)) },
            ],
        },
        Interface {
            package: "wasi:cli",
            name: "exit",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
            ],
            functions: &[
                Function { name: "exit", params: &[("status", Type::Result(&ResultType { ok: None, err: None }))], result: None },
                Function { name: "exit-with-code", params: &[("status-code", U8)], result: None },
            ],
        },
        Interface {
            package: "wasi:cli",
            name: "stdin",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
                TypeExport { name: "input-stream", definition: Definition::Resource(ResourceNumber(2)) },
            ],
            functions: &[
                Function { name: "get-stdin", params: &[], result: Some(Own(ResourceNumber(2))) },
            ],
        },
        Interface {
            package: "wasi:cli",
            name: "stdout",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
                TypeExport { name: "output-stream", definition: Definition::Resource(ResourceNumber(3)) },
            ],
            functions: &[
                Function { name: "get-stdout", params: &[], result: Some(Own(ResourceNumber(3))) },
            ],
        },
        Interface {
            package: "wasi:cli",
            name: "stderr",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
                TypeExport { name: "output-stream", definition: Definition::Resource(ResourceNumber(3)) },
            ],
            functions: &[
                Function { name: "get-stderr", params: &[], result: Some(Own(ResourceNumber(3))) },
            ],
        },
        Interface {
            package: "wasi:cli",
            name: "terminal-input",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
                TypeExport { name: "terminal-input", definition: Definition::Resource(ResourceNumber(4)) },
            ],
            functions: &[
            ],
        },
        Interface {
            package: "wasi:cli",
            name: "terminal-output",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
                TypeExport { name: "terminal-output", definition: Definition::Resource(ResourceNumber(5)) },
            ],
            functions: &[
            ],
        },
        Interface {
            package: "wasi:cli",
            name: "terminal-stdin",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
                TypeExport { name: "terminal-input", definition: Definition::Resource(ResourceNumber(4)) },
            ],
            functions: &[
                Function { name: "get-terminal-stdin", params: &[], result: Some(Type::Option(&Own(ResourceNumber(4)))) },
            ],
        },
        Interface {
            package: "wasi:cli",
            name: "terminal-stdout",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
                TypeExport { name: "terminal-output", definition: Definition::Resource(ResourceNumber(5)) },
            ],
            functions: &[
                Function { name: "get-terminal-stdout", params: &[], result: Some(Type::Option(&Own(ResourceNumber(5)))) },
            ],
        },
        Interface {
            package: "wasi:cli",
            name: "terminal-stderr",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
                TypeExport { name: "terminal-output", definition: Definition::Resource(ResourceNumber(5)) },
            ],
            functions: &[
                Function { name: "get-terminal-stderr", params: &[], result: Some(Type::Option(&Own(ResourceNumber(5)))) },
            ],
        },
        Interface {
            package: "wasi:filesystem",
            name: "types",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
                TypeExport { name: "input-stream", definition: Definition::Resource(ResourceNumber(2)) },
                TypeExport { name: "output-stream", definition: Definition::Resource(ResourceNumber(3)) },
                TypeExport { name: "error", definition: Definition::Resource(ResourceNumber(0)) },
                TypeExport { name: "datetime", definition: Value(WASI_CLOCKS_WALL_CLOCK_DATETIME) },
                TypeExport { name: "filesize", definition: Value(U64) },
                TypeExport { name: "descriptor-type", definition: Value(WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE) },
                TypeExport { name: "descriptor-flags", definition: Value(WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS) },
                TypeExport { name: "path-flags", definition: Value(WASI_FILESYSTEM_TYPES_PATH_FLAGS) },
                TypeExport { name: "open-flags", definition: Value(WASI_FILESYSTEM_TYPES_OPEN_FLAGS) },
                TypeExport { name: "link-count", definition: Value(U64) },
                TypeExport { name: "descriptor-stat", definition: Value(WASI_FILESYSTEM_TYPES_DESCRIPTOR_STAT) },
                TypeExport { name: "new-timestamp", definition: Value(WASI_FILESYSTEM_TYPES_NEW_TIMESTAMP) },
                TypeExport { name: "directory-entry", definition: Value(WASI_FILESYSTEM_TYPES_DIRECTORY_ENTRY) },
                TypeExport { name: "error-code", definition: Value(WASI_FILESYSTEM_TYPES_ERROR_CODE) },
                TypeExport { name: "advice", definition: Value(WASI_FILESYSTEM_TYPES_ADVICE) },
                TypeExport { name: "metadata-hash-value", definition: Value(WASI_FILESYSTEM_TYPES_METADATA_HASH_VALUE) },
                TypeExport { name: "descriptor", definition: Definition::Resource(ResourceNumber(6)) },
                TypeExport { name: "directory-entry-stream", definition: Definition::Resource(ResourceNumber(7)) },
            ],
            functions: &[
                Function { name: "[method]descriptor.read-via-stream", params: &[("self", Borrow(ResourceNumber(6))), ("offset", U64)], result: Some(Type::Result(&ResultType { ok: Some(Own(ResourceNumber(2))), err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.write-via-stream", params: &[("self", Borrow(ResourceNumber(6))), ("offset", U64)], result: Some(Type::Result(&ResultType { ok: Some(Own(ResourceNumber(3))), err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.append-via-stream", params: &[("self", Borrow(ResourceNumber(6)))], result: Some(Type::Result(&ResultType { ok: Some(Own(ResourceNumber(3))), err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.advise", params: &[("self", Borrow(ResourceNumber(6))), ("offset", U64), ("length", U64), ("advice", WASI_FILESYSTEM_TYPES_ADVICE)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.sync-data", params: &[("self", Borrow(ResourceNumber(6)))], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.get-flags", params: &[("self", Borrow(ResourceNumber(6)))], result: Some(Type::Result(&ResultType { ok: Some(WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS), err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.get-type", params: &[("self", Borrow(ResourceNumber(6)))], result: Some(Type::Result(&ResultType { ok: Some(WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE), err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.set-size", params: &[("self", Borrow(ResourceNumber(6))), ("size", U64)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.set-times", params: &[("self", Borrow(ResourceNumber(6))), ("data-access-timestamp", WASI_FILESYSTEM_TYPES_NEW_TIMESTAMP), ("data-modification-timestamp", WASI_FILESYSTEM_TYPES_NEW_TIMESTAMP)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.read", params: &[("self", Borrow(ResourceNumber(6))), ("length", U64), ("offset", U64)], result: Some(Type::Result(&ResultType { ok: Some(Tuple(&[List(&U8), Bool])), err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.write", params: &[("self", Borrow(ResourceNumber(6))), ("buffer", List(&U8)), ("offset", U64)], result: Some(Type::Result(&ResultType { ok: Some(U64), err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.read-directory", params: &[("self", Borrow(ResourceNumber(6)))], result: Some(Type::Result(&ResultType { ok: Some(Own(ResourceNumber(7))), err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.sync", params: &[("self", Borrow(ResourceNumber(6)))], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.create-directory-at", params: &[("self", Borrow(ResourceNumber(6))), ("path", Type::String)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.stat", params: &[("self", Borrow(ResourceNumber(6)))], result: Some(Type::Result(&ResultType { ok: Some(WASI_FILESYSTEM_TYPES_DESCRIPTOR_STAT), err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.stat-at", params: &[("self", Borrow(ResourceNumber(6))), ("path-flags", WASI_FILESYSTEM_TYPES_PATH_FLAGS), ("path", Type::String)], result: Some(Type::Result(&ResultType { ok: Some(WASI_FILESYSTEM_TYPES_DESCRIPTOR_STAT), err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.set-times-at", params: &[("self", Borrow(ResourceNumber(6))), ("path-flags", WASI_FILESYSTEM_TYPES_PATH_FLAGS), ("path", Type::String), ("data-access-timestamp", WASI_FILESYSTEM_TYPES_NEW_TIMESTAMP), ("data-modification-timestamp", WASI_FILESYSTEM_TYPES_NEW_TIMESTAMP)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.link-at", params: &[("self", Borrow(ResourceNumber(6))), ("old-path-flags", WASI_FILESYSTEM_TYPES_PATH_FLAGS), ("old-path", Type::String), ("new-descriptor", Borrow(ResourceNumber(6))), ("new-path", Type::String)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.open-at", params: &[("self", Borrow(ResourceNumber(6))), ("path-flags", WASI_FILESYSTEM_TYPES_PATH_FLAGS), ("path", Type::String), ("open-flags", WASI_FILESYSTEM_TYPES_OPEN_FLAGS), ("flags", WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS)], result: Some(Type::Result(&ResultType { ok: Some(Own(ResourceNumber(6))), err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.readlink-at", params: &[("self", Borrow(ResourceNumber(6))), ("path", Type::String)], result: Some(Type::Result(&ResultType { ok: Some(Type::String), err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.remove-directory-at", params: &[("self", Borrow(ResourceNumber(6))), ("path", Type::String)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.rename-at", params: &[("self", Borrow(ResourceNumber(6))), ("old-path", Type::String), ("new-descriptor", Borrow(ResourceNumber(6))), ("new-path", Type::String)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.symlink-at", params: &[("self", Borrow(ResourceNumber(6))), ("old-path", Type::String), ("new-path", Type::String)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.unlink-file-at", params: &[("self", Borrow(ResourceNumber(6))), ("path", Type::String)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.is-same-object", params: &[("self", Borrow(ResourceNumber(6))), ("other", Borrow(ResourceNumber(6)))], result: Some(Bool) },
                Function { name: "[method]descriptor.metadata-hash", params: &[("self", Borrow(ResourceNumber(6)))], result: Some(Type::Result(&ResultType { ok: Some(WASI_FILESYSTEM_TYPES_METADATA_HASH_VALUE), err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]descriptor.metadata-hash-at", params: &[("self", Borrow(ResourceNumber(6))), ("path-flags", WASI_FILESYSTEM_TYPES_PATH_FLAGS), ("path", Type::String)], result: Some(Type::Result(&ResultType { ok: Some(WASI_FILESYSTEM_TYPES_METADATA_HASH_VALUE), err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "[method]directory-entry-stream.read-directory-entry", params: &[("self", Borrow(ResourceNumber(7)))], result: Some(Type::Result(&ResultType { ok: Some(Type::Option(&WASI_FILESYSTEM_TYPES_DIRECTORY_ENTRY)), err: Some(WASI_FILESYSTEM_TYPES_ERROR_CODE) })) },
                Function { name: "filesystem-error-code", params: &[("err", Borrow(ResourceNumber(0)))], result: Some(Type::Option(&WASI_FILESYSTEM_TYPES_ERROR_CODE)) },
            ],
        },
        Interface {
            package: "wasi:filesystem",
            name: "preopens",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
                TypeExport { name: "descriptor", definition: Definition::Resource(ResourceNumber(6)) },
            ],
            functions: &[
                Function { name: "get-directories", params: &[], result: Some(List(&Tuple(&[Own(ResourceNumber(6)), Type::String]))) },
            ],
        },
        Interface {
            package: "wasi:sockets",
            name: "network",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
                TypeExport { name: "network", definition: Definition::Resource(ResourceNumber(8)) },
                TypeExport { name: "error-code", definition: Value(WASI_SOCKETS_NETWORK_ERROR_CODE) },
                TypeExport { name: "ip-address-family", definition: Value(WASI_SOCKETS_NETWORK_IP_ADDRESS_FAMILY) },
                TypeExport { name: "ipv4-address", definition: Value(Tuple(&[U8, U8, U8, U8])) },
                TypeExport { name: "ipv6-address", definition: Value(Tuple(&[U16, U16, U16, U16, U16, U16, U16, U16])) },
                TypeExport { name: "ip-address", definition: Value(WASI_SOCKETS_NETWORK_IP_ADDRESS) },
                TypeExport { name: "ipv4-socket-address", definition: Value(WASI_SOCKETS_NETWORK_IPV4_SOCKET_ADDRESS) },
                TypeExport { name: "ipv6-socket-address", definition: Value(WASI_SOCKETS_NETWORK_IPV6_SOCKET_ADDRESS) },
                TypeExport { name: "ip-socket-address", definition: Value(WASI_SOCKETS_NETWORK_IP_SOCKET_ADDRESS) },
            ],
            functions: &[
            ],
        },
        Interface {
            package: "wasi:sockets",
            name: "instance-network",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
                TypeExport { name: "network", definition: Definition::Resource(ResourceNumber(8)) },
            ],
            functions: &[
                Function { name: "instance-network", params: &[], result: Some(Own(ResourceNumber(8))) },
            ],
        },
        Interface {
            package: "wasi:sockets",
            name: "tcp",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
                TypeExport { name: "input-stream", definition: Definition::Resource(ResourceNumber(2)) },
                TypeExport { name: "output-stream", definition: Definition::Resource(ResourceNumber(3)) },
                TypeExport { name: "pollable", definition: Definition::Resource(ResourceNumber(1)) },
                TypeExport { name: "duration", definition: Value(U64) },
                TypeExport { name: "network", definition: Definition::Resource(ResourceNumber(8)) },
                TypeExport { name: "error-code", definition: Value(WASI_SOCKETS_NETWORK_ERROR_CODE) },
                TypeExport { name: "ip-socket-address", definition: Value(WASI_SOCKETS_NETWORK_IP_SOCKET_ADDRESS) },
                TypeExport { name: "ip-address-family", definition: Value(WASI_SOCKETS_NETWORK_IP_ADDRESS_FAMILY) },
                TypeExport { name: "shutdown-type", definition: Value(WASI_SOCKETS_TCP_SHUTDOWN_TYPE) },
                TypeExport { name: "tcp-socket", definition: Definition::Resource(ResourceNumber(9)) },
            ],
            functions: &[
                Function { name: "[method]tcp-socket.start-bind", params: &[("self", Borrow(ResourceNumber(9))), ("network", Borrow(ResourceNumber(8))), ("local-address", WASI_SOCKETS_NETWORK_IP_SOCKET_ADDRESS)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.finish-bind", params: &[("self", Borrow(ResourceNumber(9)))], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.start-connect", params: &[("self", Borrow(ResourceNumber(9))), ("network", Borrow(ResourceNumber(8))), ("remote-address", WASI_SOCKETS_NETWORK_IP_SOCKET_ADDRESS)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.finish-connect", params: &[("self", Borrow(ResourceNumber(9)))], result: Some(Type::Result(&ResultType { ok: Some(Tuple(&[Own(ResourceNumber(2)), Own(ResourceNumber(3))])), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.start-listen", params: &[("self", Borrow(ResourceNumber(9)))], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.finish-listen", params: &[("self", Borrow(ResourceNumber(9)))], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.accept", params: &[("self", Borrow(ResourceNumber(9)))], result: Some(Type::Result(&ResultType { ok: Some(Tuple(&[Own(ResourceNumber(9)), Own(ResourceNumber(2)), Own(ResourceNumber(3))])), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.local-address", params: &[("self", Borrow(ResourceNumber(9)))], result: Some(Type::Result(&ResultType { ok: Some(WASI_SOCKETS_NETWORK_IP_SOCKET_ADDRESS), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.remote-address", params: &[("self", Borrow(ResourceNumber(9)))], result: Some(Type::Result(&ResultType { ok: Some(WASI_SOCKETS_NETWORK_IP_SOCKET_ADDRESS), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.is-listening", params: &[("self", Borrow(ResourceNumber(9)))], result: Some(Bool) },
                Function { name: "[method]tcp-socket.address-family", params: &[("self", Borrow(ResourceNumber(9)))], result: Some(WASI_SOCKETS_NETWORK_IP_ADDRESS_FAMILY) },
                Function { name: "[method]tcp-socket.set-listen-backlog-size", params: &[("self", Borrow(ResourceNumber(9))), ("value", U64)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.keep-alive-enabled", params: &[("self", Borrow(ResourceNumber(9)))], result: Some(Type::Result(&ResultType { ok: Some(Bool), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.set-keep-alive-enabled", params: &[("self", Borrow(ResourceNumber(9))), ("value", Bool)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.keep-alive-idle-time", params: &[("self", Borrow(ResourceNumber(9)))], result: Some(Type::Result(&ResultType { ok: Some(U64), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.set-keep-alive-idle-time", params: &[("self", Borrow(ResourceNumber(9))), ("value", U64)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.keep-alive-interval", params: &[("self", Borrow(ResourceNumber(9)))], result: Some(Type::Result(&ResultType { ok: Some(U64), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.set-keep-alive-interval", params: &[("self", Borrow(ResourceNumber(9))), ("value", U64)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.keep-alive-count", params: &[("self", Borrow(ResourceNumber(9)))], result: Some(Type::Result(&ResultType { ok: Some(U32), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.set-keep-alive-count", params: &[("self", Borrow(ResourceNumber(9))), ("value", U32)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.hop-limit", params: &[("self", Borrow(ResourceNumber(9)))], result: Some(Type::Result(&ResultType { ok: Some(U8), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.set-hop-limit", params: &[("self", Borrow(ResourceNumber(9))), ("value", U8)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.receive-buffer-size", params: &[("self", Borrow(ResourceNumber(9)))], result: Some(Type::Result(&ResultType { ok: Some(U64), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.set-receive-buffer-size", params: &[("self", Borrow(ResourceNumber(9))), ("value", U64)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.send-buffer-size", params: &[("self", Borrow(ResourceNumber(9)))], result: Some(Type::Result(&ResultType { ok: Some(U64), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.set-send-buffer-size", params: &[("self", Borrow(ResourceNumber(9))), ("value", U64)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]tcp-socket.subscribe", params: &[("self", Borrow(ResourceNumber(9)))], result: Some(Own(ResourceNumber(1))) },
                Function { name: "[method]tcp-socket.shutdown", params: &[("self", Borrow(ResourceNumber(9))), ("shutdown-type", WASI_SOCKETS_TCP_SHUTDOWN_TYPE)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
            ],
        },
        Interface {
            package: "wasi:sockets",
            name: "tcp-create-socket",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
                TypeExport { name: "network", definition: Definition::Resource(ResourceNumber(8)) },
                TypeExport { name: "error-code", definition: Value(WASI_SOCKETS_NETWORK_ERROR_CODE) },
                TypeExport { name: "ip-address-family", definition: Value(WASI_SOCKETS_NETWORK_IP_ADDRESS_FAMILY) },
                TypeExport { name: "tcp-socket", definition: Definition::Resource(ResourceNumber(9)) },
            ],
            functions: &[
                Function { name: "create-tcp-socket", params: &[("address-family", WASI_SOCKETS_NETWORK_IP_ADDRESS_FAMILY)], result: Some(Type::Result(&ResultType { ok: Some(Own(ResourceNumber(9))), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
            ],
        },
        Interface {
            package: "wasi:sockets",
            name: "udp",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
                TypeExport { name: "pollable", definition: Definition::Resource(ResourceNumber(1)) },
                TypeExport { name: "network", definition: Definition::Resource(ResourceNumber(8)) },
                TypeExport { name: "error-code", definition: Value(WASI_SOCKETS_NETWORK_ERROR_CODE) },
                TypeExport { name: "ip-socket-address", definition: Value(WASI_SOCKETS_NETWORK_IP_SOCKET_ADDRESS) },
                TypeExport { name: "ip-address-family", definition: Value(WASI_SOCKETS_NETWORK_IP_ADDRESS_FAMILY) },
                TypeExport { name: "incoming-datagram", definition: Value(WASI_SOCKETS_UDP_INCOMING_DATAGRAM) },
                TypeExport { name: "outgoing-datagram", definition: Value(WASI_SOCKETS_UDP_OUTGOING_DATAGRAM) },
                TypeExport { name: "udp-socket", definition: Definition::Resource(ResourceNumber(10)) },
                TypeExport { name: "incoming-datagram-stream", definition: Definition::Resource(ResourceNumber(11)) },
                TypeExport { name: "outgoing-datagram-stream", definition: Definition::Resource(ResourceNumber(12)) },
            ],
            functions: &[
                Function { name: "[method]udp-socket.start-bind", params: &[("self", Borrow(ResourceNumber(10))), ("network", Borrow(ResourceNumber(8))), ("local-address", WASI_SOCKETS_NETWORK_IP_SOCKET_ADDRESS)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]udp-socket.finish-bind", params: &[("self", Borrow(ResourceNumber(10)))], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]udp-socket.stream", params: &[("self", Borrow(ResourceNumber(10))), ("remote-address", Type::Option(&WASI_SOCKETS_NETWORK_IP_SOCKET_ADDRESS))], result: Some(Type::Result(&ResultType { ok: Some(Tuple(&[Own(ResourceNumber(11)), Own(ResourceNumber(12))])), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]udp-socket.local-address", params: &[("self", Borrow(ResourceNumber(10)))], result: Some(Type::Result(&ResultType { ok: Some(WASI_SOCKETS_NETWORK_IP_SOCKET_ADDRESS), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]udp-socket.remote-address", params: &[("self", Borrow(ResourceNumber(10)))], result: Some(Type::Result(&ResultType { ok: Some(WASI_SOCKETS_NETWORK_IP_SOCKET_ADDRESS), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]udp-socket.address-family", params: &[("self", Borrow(ResourceNumber(10)))], result: Some(WASI_SOCKETS_NETWORK_IP_ADDRESS_FAMILY) },
                Function { name: "[method]udp-socket.unicast-hop-limit", params: &[("self", Borrow(ResourceNumber(10)))], result: Some(Type::Result(&ResultType { ok: Some(U8), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]udp-socket.set-unicast-hop-limit", params: &[("self", Borrow(ResourceNumber(10))), ("value", U8)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]udp-socket.receive-buffer-size", params: &[("self", Borrow(ResourceNumber(10)))], result: Some(Type::Result(&ResultType { ok: Some(U64), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]udp-socket.set-receive-buffer-size", params: &[("self", Borrow(ResourceNumber(10))), ("value", U64)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]udp-socket.send-buffer-size", params: &[("self", Borrow(ResourceNumber(10)))], result: Some(Type::Result(&ResultType { ok: Some(U64), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]udp-socket.set-send-buffer-size", params: &[("self", Borrow(ResourceNumber(10))), ("value", U64)], result: Some(Type::Result(&ResultType { ok: None, err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]udp-socket.subscribe", params: &[("self", Borrow(ResourceNumber(10)))], result: Some(Own(ResourceNumber(1))) },
                Function { name: "[method]incoming-datagram-stream.receive", params: &[("self", Borrow(ResourceNumber(11))), ("max-results", U64)], result: Some(Type::Result(&ResultType { ok: Some(List(&WASI_SOCKETS_UDP_INCOMING_DATAGRAM)), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]incoming-datagram-stream.subscribe", params: &[("self", Borrow(ResourceNumber(11)))], result: Some(Own(ResourceNumber(1))) },
                Function { name: "[method]outgoing-datagram-stream.check-send", params: &[("self", Borrow(ResourceNumber(12)))], result: Some(Type::Result(&ResultType { ok: Some(U64), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]outgoing-datagram-stream.send", params: &[("self", Borrow(ResourceNumber(12))), ("datagrams", List(&WASI_SOCKETS_UDP_OUTGOING_DATAGRAM))], result: Some(Type::Result(&ResultType { ok: Some(U64), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]outgoing-datagram-stream.subscribe", params: &[("self", Borrow(ResourceNumber(12)))], result: Some(Own(ResourceNumber(1))) },
            ],
        },
        Interface {
            package: "wasi:sockets",
            name: "udp-create-socket",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
                TypeExport { name: "network", definition: Definition::Resource(ResourceNumber(8)) },
                TypeExport { name: "error-code", definition: Value(WASI_SOCKETS_NETWORK_ERROR_CODE) },
                TypeExport { name: "ip-address-family", definition: Value(WASI_SOCKETS_NETWORK_IP_ADDRESS_FAMILY) },
                TypeExport { name: "udp-socket", definition: Definition::Resource(ResourceNumber(10)) },
            ],
            functions: &[
                Function { name: "create-udp-socket", params: &[("address-family", WASI_SOCKETS_NETWORK_IP_ADDRESS_FAMILY)], result: Some(Type::Result(&ResultType { ok: Some(Own(ResourceNumber(10))), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
            ],
        },
        Interface {
            package: "wasi:sockets",
            name: "ip-name-lookup",
            version: Version::new(0, 2, 12),
            track: "0.2",
            types: &[
                TypeExport { name: "pollable", definition: Definition::Resource(ResourceNumber(1)) },
                TypeExport { name: "network", definition: Definition::Resource(ResourceNumber(8)) },
                TypeExport { name: "error-code", definition: Value(WASI_SOCKETS_NETWORK_ERROR_CODE) },
                TypeExport { name: "ip-address", definition: Value(WASI_SOCKETS_NETWORK_IP_ADDRESS) },
                TypeExport { name: "resolve-address-stream", definition: Definition::Resource(ResourceNumber(13)) },
            ],
            functions: &[
                Function { name: "[method]resolve-address-stream.resolve-next-address", params: &[("self", Borrow(ResourceNumber(13)))], result: Some(Type::Result(&ResultType { ok: Some(Type::Option(&WASI_SOCKETS_NETWORK_IP_ADDRESS)), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
                Function { name: "[method]resolve-address-stream.subscribe", params: &[("self", Borrow(ResourceNumber(13)))], result: Some(Own(ResourceNumber(1))) },
                Function { name: "resolve-addresses", params: &[("network", Borrow(ResourceNumber(8))), ("name", Type::String)], result: Some(Type::Result(&ResultType { ok: Some(Own(ResourceNumber(13))), err: Some(WASI_SOCKETS_NETWORK_ERROR_CODE) })) },
            ],
        },
    ],
    resources: &[
        /* 0 */ crate::Resource { interface: "wasi:io/error", name: "error" },
        /* 1 */ crate::Resource { interface: "wasi:io/poll", name: "pollable" },
        /* 2 */ crate::Resource { interface: "wasi:io/streams", name: "input-stream" },
        /* 3 */ crate::Resource { interface: "wasi:io/streams", name: "output-stream" },
        /* 4 */ crate::Resource { interface: "wasi:cli/terminal-input", name: "terminal-input" },
        /* 5 */ crate::Resource { interface: "wasi:cli/terminal-output", name: "terminal-output" },
        /* 6 */ crate::Resource { interface: "wasi:filesystem/types", name: "descriptor" },
        /* 7 */ crate::Resource { interface: "wasi:filesystem/types", name: "directory-entry-stream" },
        /* 8 */ crate::Resource { interface: "wasi:sockets/network", name: "network" },
        /* 9 */ crate::Resource { interface: "wasi:sockets/tcp", name: "tcp-socket" },
        /* 10 */ crate::Resource { interface: "wasi:sockets/udp", name: "udp-socket" },
        /* 11 */ crate::Resource { interface: "wasi:sockets/udp", name: "incoming-datagram-stream" },
        /* 12 */ crate::Resource { interface: "wasi:sockets/udp", name: "outgoing-datagram-stream" },
        /* 13 */ crate::Resource { interface: "wasi:sockets/ip-name-lookup", name: "resolve-address-stream" },
    ],
};
