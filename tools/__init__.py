"""Everything that runs on a workstation: data, training, conversion, catalogues, measurements."""
