"""Zips whose bytes depend on their contents alone."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

_EARLIEST = (1980, 1, 1, 0, 0, 0)  # zip's first moment: the archive says nothing of when or where it was made


def archive(contents: Mapping[str, bytes]) -> bytes:
    """An archive of these files by their paths inside; scripts can be run. Stored, since compressors differ."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as opened:
        for name, content in sorted(contents.items()):
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.create_system = 3  # Unix, wherever it is made
            entry.external_attr = (0o100755 if content.startswith(b"#!") else 0o100644) << 16
            opened.writestr(entry, content)
    return written.getvalue()
