"""Sample deliveries: invented CSV exports of the five systems, and the truth behind them."""

from customer360.sample.delivery import SIZES, GeneratedDelivery, generate

__all__ = ["SIZES", "GeneratedDelivery", "generate"]
