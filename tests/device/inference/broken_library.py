"""Shared libraries that crash or hang, made without a compiler: small ELF files."""

from __future__ import annotations

import platform
import struct
from pathlib import Path

_MACHINES = {"x86_64": 62, "aarch64": 183}
_FOR_EVER = {"x86_64": b"\xeb\xfe\x90\x90", "aarch64": b"\x00\x00\x00\x14"}
_LOAD, _DYNAMIC = 1, 2
_NULL, _HASH, _STRTAB, _SYMTAB, _STRSZ, _SYMENT, _INIT = 0, 4, 5, 6, 10, 11, 12
_HEADER, _PROGRAM, _ENTRY, _SYMBOL = 64, 56, 16, 24
_READ_WRITE, _READ_WRITE_RUN = 6, 7


def write_crashing_library(path: Path) -> Path:
    """A library that dies while it is loaded: its initialiser is memory that cannot be run."""
    return _write(path, _READ_WRITE)


def write_hanging_library(path: Path) -> Path:
    """A library that is never done being loaded: its initialiser jumps to itself."""
    return _write(path, _READ_WRITE_RUN)


def _write(path: Path, access: int) -> Path:
    machine = platform.machine()
    dynamic_at = _HEADER + 2 * _PROGRAM
    length = 7 * _ENTRY
    strings_at = dynamic_at + length
    symbols_at = strings_at + 8
    hash_at = symbols_at + _SYMBOL
    code_at = hash_at + 16
    size = code_at + 4
    ident = b"\x7fELF\x02\x01\x01"
    sizes = (_HEADER, _PROGRAM, 2, 64, 0, 0)
    head = struct.pack(
        "<16sHHIQQQIHHHHHH", ident, 3, _MACHINES[machine], 1, 0, _HEADER, 0, 0, *sizes
    )
    load = struct.pack("<IIQQQQQQ", _LOAD, access, 0, 0, 0, size, size, 0x1000)
    here = (dynamic_at,) * 3
    dynamic = struct.pack("<IIQQQQQQ", _DYNAMIC, access, *here, length, length, 8)
    entries = (
        (_INIT, code_at),
        (_STRTAB, strings_at),
        (_SYMTAB, symbols_at),
        (_STRSZ, 8),
        (_SYMENT, _SYMBOL),
        (_HASH, hash_at),
        (_NULL, 0),
    )
    table = b"".join(struct.pack("<QQ", *entry) for entry in entries)
    rest = bytes(8) + bytes(_SYMBOL) + struct.pack("<IIII", 1, 1, 0, 0) + _FOR_EVER[machine]
    path.write_bytes(head + load + dynamic + table + rest)
    return path
