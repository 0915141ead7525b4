"""Writes small MMDB files (MaxMind DB format 2.0) for tests: networks of IPv4 to records of text,
maps and lists."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any


def write(path: Path, networks: dict[str, Any], ip_version: int = 4) -> Path:
    """24-bit records; later networks lie inside earlier ones or beside them."""
    nodes: list[list[int | tuple[int]]] = [
        [-1, -1]
    ]  # -1: nothing, (n,): the record at offset n, else a node
    data = b""
    for network, record in networks.items():
        parsed = ipaddress.ip_network(network)
        number, bits = (
            int(parsed.network_address),
            96 * [0] if ip_version == 6 and parsed.version == 4 else [],
        )
        width = 32 if parsed.version == 4 else 128
        bits = bits + [(number >> (width - 1 - n)) & 1 for n in range(parsed.prefixlen)]
        here = 0
        for bit in bits[:-1]:
            if not isinstance(nodes[here][bit], int) or nodes[here][bit] == -1:
                nodes.append([nodes[here][bit], nodes[here][bit]])
                nodes[here][bit] = len(nodes) - 1
            here = nodes[here][bit]  # type: ignore[assignment]
        nodes[here][bits[-1]] = (len(data),)
        data += _value(record)
    tree = b"".join(_side(each, len(nodes)).to_bytes(3, "big") for node in nodes for each in node)
    about = {
        "node_count": len(nodes),
        "record_size": 24,
        "ip_version": ip_version,
        "database_type": "Test",
        "languages": ["en"],
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "build_epoch": 1_750_000_000,
        "description": {"en": "made by a test"},
    }
    path.write_bytes(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + _value(about))
    return path


def _side(each: int | tuple[int], nodes: int) -> int:
    return nodes if each == -1 else each if isinstance(each, int) else nodes + 16 + each[0]


def _value(value: Any, kind: int = 5) -> bytes:
    """`kind` of a number: 5, 6, 9 for 16, 32, 64 bits."""
    if isinstance(value, str):
        return _head(2, len(value.encode())) + value.encode()
    if isinstance(value, int):
        raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
        return _head(kind, len(raw)) + raw
    if isinstance(value, dict):
        return _head(7, len(value)) + b"".join(
            _value(name) + _value(each, {"node_count": 6, "build_epoch": 9}.get(name, 5))
            for name, each in value.items()
        )
    return _head(11, len(value)) + b"".join(_value(each) for each in value)


def _head(kind: int, size: int) -> bytes:
    short, more = (size, b"") if size < 29 else (29, bytes([size - 29]))
    return (
        bytes([(kind << 5 if kind < 8 else 0) | short])
        + (bytes([kind - 7]) if kind >= 8 else b"")
        + more
    )
