"""The dashboards: declared in ``dashboards/``, turned into Superset's bundle, served by a local Superset."""
