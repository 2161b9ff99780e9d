"""What people like, learned from public data: models, and protocols that measure them.

The data's terms allow research only: a model made of them lives as long as its measurement.
docs/matching.md describes the protocols.
"""
