"""The operator's side of a fleet: its hub, certificates, releases and what kiosks report."""
