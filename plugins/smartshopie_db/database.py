"""The dashboard database of SmartShopie, table by table."""

from __future__ import annotations

from smartshopie_db.connection import Connection
from smartshopie_db.methods import adder, latest_row, rows, rows_of_latest_day
from smartshopie_db.tables import (
    AiFeaturePerformance,
    AiModelPerformance,
    ApiConfiguration,
    ApiEndpoint,
    BehavioralPattern,
    BillingPayment,
    BillingSummary,
    CategoryPerformance,
    CategoryRevenue,
    ConversionAnalytics,
    ConversionFunnelStage,
    ConversionTrend,
    CustomerConcern,
    CustomerInteraction,
    CustomerLifetimeValue,
    CustomerSatisfaction,
    CustomerSegment,
    CustomerValueTier,
    InteractionSummary,
    InteractionType,
    OverviewKpis,
    ProductAnalytics,
    ProductGap,
    RealtimeMetrics,
    RevenueAttribution,
    RevenueForecast,
    RevenueSummary,
    SystemHealth,
    UsageAlert,
    UsageBreakdown,
)


class SmartShopieDB(Connection):
    """The dashboard tables of an SQLite file or, read only, of the warehouse.

    >>> with SmartShopieDB("smartshopie_dashboard.db") as db:
    ...     print(db.get_overview_kpis().total_customers)

    ``get_<table>`` returns rows as dataclasses (see ``smartshopie_db.tables``), ``add_<row>`` adds one to a file.
    Without dates most tables show their newest day, as a dashboard does; feeds and catalogues show all rows.
    Days and instants are in UTC. Any number of threads may use one connected SmartShopieDB.
    """

    get_overview_kpis = latest_row(OverviewKpis)
    get_conversion_funnel = rows_of_latest_day(ConversionFunnelStage)
    get_interaction_types = rows_of_latest_day(InteractionType)
    get_customer_segments = rows_of_latest_day(CustomerSegment)
    get_behavioral_patterns = rows_of_latest_day(BehavioralPattern)
    get_customer_concerns = rows_of_latest_day(CustomerConcern)
    get_customer_interactions = rows(CustomerInteraction)
    get_customer_value_analysis = rows_of_latest_day(CustomerValueTier)
    get_product_analytics = rows_of_latest_day(ProductAnalytics)
    get_product_gaps = rows_of_latest_day(ProductGap)
    get_revenue_summary = rows_of_latest_day(RevenueSummary)
    get_revenue_attribution = rows_of_latest_day(RevenueAttribution)
    get_category_revenue = rows_of_latest_day(CategoryRevenue)
    get_revenue_forecasting = rows_of_latest_day(RevenueForecast)
    get_conversion_analytics = rows_of_latest_day(ConversionAnalytics)
    get_conversion_trends = rows(ConversionTrend)
    get_ai_model_performance = rows_of_latest_day(AiModelPerformance)
    get_ai_feature_performance = rows_of_latest_day(AiFeaturePerformance)
    get_interaction_summary = rows_of_latest_day(InteractionSummary)
    get_system_health = rows(SystemHealth)
    get_billing_summary = rows(BillingSummary)
    get_usage_breakdown = rows_of_latest_day(UsageBreakdown)
    get_api_configurations = rows(ApiConfiguration)
    get_customer_lifetime_value = rows_of_latest_day(CustomerLifetimeValue)
    get_category_performance = rows_of_latest_day(CategoryPerformance)
    get_api_endpoints = rows(ApiEndpoint)
    get_customer_satisfaction = rows_of_latest_day(CustomerSatisfaction)
    get_realtime_metrics = rows(RealtimeMetrics)
    get_billing_payments = rows(BillingPayment)
    get_usage_alerts = rows(UsageAlert)

    add_overview_kpis = adder(OverviewKpis)
    add_conversion_funnel_stage = adder(ConversionFunnelStage)
    add_interaction_type = adder(InteractionType)
    add_customer_segment = adder(CustomerSegment)
    add_behavioral_pattern = adder(BehavioralPattern)
    add_customer_concern = adder(CustomerConcern)
    add_customer_interaction = adder(CustomerInteraction)
    add_customer_value_tier = adder(CustomerValueTier)
    add_product_analytics = adder(ProductAnalytics)
    add_product_gap = adder(ProductGap)
    add_revenue_summary = adder(RevenueSummary)
    add_revenue_attribution = adder(RevenueAttribution)
    add_category_revenue = adder(CategoryRevenue)
    add_revenue_forecast = adder(RevenueForecast)
    add_conversion_analytics = adder(ConversionAnalytics)
    add_conversion_trend = adder(ConversionTrend)
    add_ai_model_performance = adder(AiModelPerformance)
    add_ai_feature_performance = adder(AiFeaturePerformance)
    add_interaction_summary = adder(InteractionSummary)
    add_system_health = adder(SystemHealth)
    add_billing_summary = adder(BillingSummary)
    add_usage_breakdown = adder(UsageBreakdown)
    add_api_configuration = adder(ApiConfiguration)
    add_customer_lifetime_value = adder(CustomerLifetimeValue)
    add_category_performance = adder(CategoryPerformance)
    add_api_endpoint = adder(ApiEndpoint)
    add_customer_satisfaction = adder(CustomerSatisfaction)
    add_realtime_metrics = adder(RealtimeMetrics)
    add_billing_payment = adder(BillingPayment)
    add_usage_alert = adder(UsageAlert)
