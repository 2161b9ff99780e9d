"""Importers: each module reads the files or folders of one kind of source.

An importer has `TAKES` (what it reads, in words), `recognises(path)` and `read(path, progress)`; a
new one takes a module and a place in `device.catalogue.imports.importers.read`.
"""
