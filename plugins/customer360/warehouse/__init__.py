"""The warehouse: a PostgreSQL server, its roles, schemas and connections."""

from customer360.warehouse.connections import OWNER, Warehouse, WarehouseError
from customer360.warehouse.local import LocalServer
from customer360.warehouse.schema import open_warehouse, set_up
from customer360.warehouse.turns import RunInProgress

__all__ = ["OWNER", "LocalServer", "RunInProgress", "Warehouse", "WarehouseError", "open_warehouse", "set_up"]
