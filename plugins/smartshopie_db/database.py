"""The dashboard database of SmartShopie, table by table."""

from __future__ import annotations

from smartshopie_db import tables
from smartshopie_db.connection import Connection
from smartshopie_db.methods import adder, latest_row, rows, rows_of_latest_day


class SmartShopieDB(Connection):
    """The dashboard tables of an SQLite file or, read only, of the warehouse.

    >>> with SmartShopieDB("smartshopie_dashboard.db") as db:
    ...     print(db.get_overview_kpis().total_customers)

    ``get_<table>`` returns rows as dataclasses (see ``smartshopie_db.tables``), ``add_<row>`` adds one to a file.
    Without dates most tables show their newest day, as a dashboard does; feeds and catalogues show all rows.
    Days and instants are in UTC. Any number of threads may use one connected SmartShopieDB.
    """

    get_overview_kpis = latest_row(tables.OverviewKpis)
    get_conversion_funnel = rows_of_latest_day(tables.ConversionFunnelStage)
    get_interaction_types = rows_of_latest_day(tables.InteractionType)
    get_customer_segments = rows_of_latest_day(tables.CustomerSegment)
    get_behavioral_patterns = rows_of_latest_day(tables.BehavioralPattern)
    get_customer_concerns = rows_of_latest_day(tables.CustomerConcern)
    get_customer_interactions = rows(tables.CustomerInteraction)
    get_customer_value_analysis = rows_of_latest_day(tables.CustomerValueTier)
    get_product_analytics = rows_of_latest_day(tables.ProductAnalytics)
    get_product_gaps = rows_of_latest_day(tables.ProductGap)
    get_revenue_summary = rows_of_latest_day(tables.RevenueSummary)
    get_revenue_attribution = rows_of_latest_day(tables.RevenueAttribution)
    get_category_revenue = rows_of_latest_day(tables.CategoryRevenue)
    get_revenue_forecasting = rows_of_latest_day(tables.RevenueForecast)
    get_conversion_analytics = rows_of_latest_day(tables.ConversionAnalytics)
    get_conversion_trends = rows(tables.ConversionTrend)
    get_ai_model_performance = rows_of_latest_day(tables.AiModelPerformance)
    get_ai_feature_performance = rows_of_latest_day(tables.AiFeaturePerformance)
    get_interaction_summary = rows_of_latest_day(tables.InteractionSummary)
    get_system_health = rows(tables.SystemHealth)
    get_billing_summary = rows(tables.BillingSummary)
    get_usage_breakdown = rows_of_latest_day(tables.UsageBreakdown)
    get_api_configurations = rows(tables.ApiConfiguration)
    get_customer_lifetime_value = rows_of_latest_day(tables.CustomerLifetimeValue)
    get_category_performance = rows_of_latest_day(tables.CategoryPerformance)
    get_api_endpoints = rows(tables.ApiEndpoint)
    get_customer_satisfaction = rows_of_latest_day(tables.CustomerSatisfaction)
    get_realtime_metrics = rows(tables.RealtimeMetrics)
    get_billing_payments = rows(tables.BillingPayment)
    get_usage_alerts = rows(tables.UsageAlert)

    add_overview_kpis = adder(tables.OverviewKpis)
    add_conversion_funnel_stage = adder(tables.ConversionFunnelStage)
    add_interaction_type = adder(tables.InteractionType)
    add_customer_segment = adder(tables.CustomerSegment)
    add_behavioral_pattern = adder(tables.BehavioralPattern)
    add_customer_concern = adder(tables.CustomerConcern)
    add_customer_interaction = adder(tables.CustomerInteraction)
    add_customer_value_tier = adder(tables.CustomerValueTier)
    add_product_analytics = adder(tables.ProductAnalytics)
    add_product_gap = adder(tables.ProductGap)
    add_revenue_summary = adder(tables.RevenueSummary)
    add_revenue_attribution = adder(tables.RevenueAttribution)
    add_category_revenue = adder(tables.CategoryRevenue)
    add_revenue_forecast = adder(tables.RevenueForecast)
    add_conversion_analytics = adder(tables.ConversionAnalytics)
    add_conversion_trend = adder(tables.ConversionTrend)
    add_ai_model_performance = adder(tables.AiModelPerformance)
    add_ai_feature_performance = adder(tables.AiFeaturePerformance)
    add_interaction_summary = adder(tables.InteractionSummary)
    add_system_health = adder(tables.SystemHealth)
    add_billing_summary = adder(tables.BillingSummary)
    add_usage_breakdown = adder(tables.UsageBreakdown)
    add_api_configuration = adder(tables.ApiConfiguration)
    add_customer_lifetime_value = adder(tables.CustomerLifetimeValue)
    add_category_performance = adder(tables.CategoryPerformance)
    add_api_endpoint = adder(tables.ApiEndpoint)
    add_customer_satisfaction = adder(tables.CustomerSatisfaction)
    add_realtime_metrics = adder(tables.RealtimeMetrics)
    add_billing_payment = adder(tables.BillingPayment)
    add_usage_alert = adder(tables.UsageAlert)
