"""The Airflow pool of the DAGs."""

POOL = "customer360"
"""The Airflow pool of everything that writes to the warehouse."""

POOL_SLOTS = 8
"""Slots of the pool. A step takes them all, so that two never run at once; a part of a step that may run beside
its like, such as the load of one system, takes one."""
