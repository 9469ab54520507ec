"""Read and write the SmartShopie dashboard tables."""

from smartshopie_db.connection import SmartShopieError
from smartshopie_db.database import SmartShopieDB

__all__ = ["SmartShopieDB", "SmartShopieError"]
