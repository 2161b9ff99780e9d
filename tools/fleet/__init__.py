"""The operator's side of a fleet: its hub, certificates, keys, releases and what kiosks report."""
