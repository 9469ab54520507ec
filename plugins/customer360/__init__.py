"""customer360: a nightly customer 360 warehouse.

Layers, lowest first: settings and contracts; warehouse; then load, enrich, quality, publish and
sample, which do not import each other; then pipeline; then cli and orchestration.
"""
