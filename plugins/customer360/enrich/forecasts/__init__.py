"""Models fitted to what customers bought: lifetime value, and the revenue of the coming months."""

from customer360.enrich.forecasts.steps import ForecastReport, fit_models, month_ends

__all__ = ["ForecastReport", "fit_models", "month_ends"]
