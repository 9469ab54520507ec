"""The dashboard tables: one class each, an instance of which is a row.

Rates and percentages are 0-100 unless said otherwise; a ``_change`` is against the preceding equal period.
"""

from datetime import date, datetime

from smartshopie_db.row import Row


class OverviewKpis(
    Row,
    table="overview_kpis",
    indexes=["idx_overview_kpis_record_date (record_date)", "idx_overview_kpis_date (record_date)"],
):
    """The headline numbers of a day."""

    id: int | None = None
    record_date: date
    total_customers: int | None = None
    total_customers_change: float | None = None
    conversion_rate: float | None = None
    conversion_rate_change: float | None = None
    ai_interactions: int | None = None
    ai_interactions_change: float | None = None
    revenue_impact: float | None = None
    revenue_impact_change: float | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class ConversionFunnelStage(
    Row,
    table="conversion_funnel",
    then="stage_order",
    indexes=[
        "idx_conversion_funnel_record_date (record_date)",
        "idx_conversion_funnel_stage_name (stage_name)",
        "idx_conversion_funnel_date (record_date)",
    ],
):
    """How many visitors of a day reached a stage; ``count`` never rises along the funnel."""

    id: int | None = None
    record_date: date
    stage_name: str
    stage_order: int
    count: int
    percentage: float | None = None
    dropoff_rate: float | None = None
    created_at: datetime | None = None


class InteractionType(
    Row,
    table="interaction_types",
    indexes=["idx_interaction_types_record_date (record_date)", "idx_interaction_types_date (record_date)"],
):
    """A day's AI interactions of one type; ``percentage`` is of the day's total."""

    id: int | None = None
    record_date: date
    interaction_name: str
    count: int
    percentage: float | None = None
    created_at: datetime | None = None


class CustomerSegment(
    Row,
    table="customer_segments",
    indexes=["idx_customer_segments_segment_name (segment_name)", "idx_customer_segments_date (record_date)"],
):
    """A segment's size on a day; the sizes add up to all known customers."""

    id: int | None = None
    record_date: date
    segment_name: str
    segment_size: int
    percentage: float | None = None
    avg_lifetime_value: float | None = None
    avg_order_value: float | None = None
    created_at: datetime | None = None


class BehavioralPattern(Row, table="behavioral_patterns", indexes=["idx_behavioral_patterns_type (pattern_type)"]):
    """A pattern of a day, measured in ``metric_unit``."""

    id: int | None = None
    record_date: date
    pattern_type: str
    pattern_name: str
    value: float
    metric_unit: str | None = None
    created_at: datetime | None = None


class CustomerConcern(Row, table="customer_concerns", indexes=["idx_customer_concerns_category (concern_category)"]):
    """A concern customers brought up on a day; ``ai_success_rate`` is the share resolved without a person, 0-100."""

    id: int | None = None
    record_date: date
    concern_name: str
    concern_category: str
    query_count: int | None = None
    ai_success_rate: float | None = None
    created_at: datetime | None = None


class CustomerInteraction(
    Row,
    table="customer_interactions",
    day="interaction_date",
    indexes=[
        "idx_customer_interactions_customer_id (customer_id)",
        "idx_customer_interactions_type (interaction_type)",
        "idx_customer_interactions_date (interaction_date)",
    ],
):
    """An AI interaction; instants are in UTC."""

    id: int | None = None
    interaction_id: str
    interaction_date: datetime
    interaction_type: str
    customer_id: str | None = None
    session_id: str | None = None
    response_time_sec: float | None = None
    satisfaction_score: int | None = None
    created_at: datetime | None = None
    customer_name: str | None = None
    activity_description: str | None = None
    status_badge: str | None = None
    message_count: int | None = None


class CustomerValueTier(Row, table="customer_value_analysis", indexes=["idx_customer_value_tier_name (tier_name)"]):
    """A tier of customers by what they spent, on a day."""

    id: int | None = None
    record_date: date
    tier_name: str
    customer_count: int | None = None
    avg_revenue: float | None = None
    total_revenue: float | None = None
    created_at: datetime | None = None


class ProductAnalytics(
    Row,
    table="product_analytics",
    indexes=[
        "idx_product_analytics_product_id (product_id)",
        "idx_product_analytics_category (category)",
        "idx_product_analytics_date (record_date)",
    ],
):
    """A product's day; ``purchases`` are units, ``revenue`` is net."""

    id: int | None = None
    record_date: date
    product_id: str
    product_name: str
    category: str
    views: int | None = None
    ai_recommendations: int | None = None
    purchases: int | None = None
    revenue: float | None = None
    conversion_rate: float | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class ProductGap(Row, table="product_gaps", then="gap_rank", indexes=["idx_product_gaps_category (category)"]):
    """What customers looked for in vain on a day, by rank."""

    id: int | None = None
    record_date: date
    gap_rank: int | None = None
    product_name: str
    category: str | None = None
    demand_score: float | None = None
    potential_revenue: float | None = None
    created_at: datetime | None = None


class RevenueSummary(
    Row,
    table="revenue_summary",
    indexes=["idx_revenue_summary_record_date (record_date)", "idx_revenue_summary_date (record_date)"],
):
    """What the AI features earned and cost in a month."""

    id: int | None = None
    record_date: date
    total_revenue_impact: float
    avg_order_value: float | None = None
    avg_order_value_with_ai: float | None = None
    avg_order_value_improvement: float | None = None
    monthly_investment: float | None = None
    monthly_return: float | None = None
    roi_percentage: float | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class RevenueAttribution(
    Row,
    table="revenue_attribution",
    indexes=["idx_revenue_attribution_ai_feature (ai_feature)", "idx_revenue_attribution_date (record_date)"],
):
    """A day's net revenue credited to one AI feature."""

    id: int | None = None
    record_date: date
    ai_feature: str
    revenue_amount: float
    percentage: float | None = None
    created_at: datetime | None = None


class CategoryRevenue(Row, table="category_revenue", indexes=["idx_category_revenue_category_name (category_name)"]):
    """A category's revenue, latest day only; percentages add up to 100."""

    id: int | None = None
    record_date: date
    category_name: str
    revenue_amount: float
    percentage: float | None = None
    ai_attributed_revenue: float | None = None
    created_at: datetime | None = None


class RevenueForecast(
    Row,
    table="revenue_forecasting",
    then="forecast_date",
    indexes=["idx_revenue_forecasting_forecast_date (forecast_date)"],
):
    """The revenue expected in the month of ``forecast_date``, as forecast on ``record_date``."""

    id: int | None = None
    record_date: date
    forecast_date: date
    predicted_revenue: float | None = None
    confidence_level: float | None = None
    upper_bound: float | None = None
    lower_bound: float | None = None
    created_at: datetime | None = None


class ConversionAnalytics(
    Row,
    table="conversion_analytics",
    indexes=["idx_conversion_analytics_record_date (record_date)", "idx_conversion_analytics_date (record_date)"],
):
    """How visitors of a day became buyers; times are in hours."""

    id: int | None = None
    record_date: date
    overall_conversion_rate: float
    conversion_rate_change: float | None = None
    ai_driven_conversions: float | None = None
    ai_driven_percentage: float | None = None
    cart_recovery_rate: float | None = None
    cart_recovery_via_ai: float | None = None
    avg_time_to_convert: float | None = None
    avg_time_change: float | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class ConversionTrend(Row, table="conversion_trends", indexes=["idx_conversion_trends_record_date (record_date)"]):
    """A day's conversions, and those credited to AI."""

    id: int | None = None
    record_date: date
    period_type: str | None = None
    conversions: int | None = None
    ai_attributed_conversions: int | None = None
    created_at: datetime | None = None


class AiModelPerformance(
    Row, table="ai_model_performance", indexes=["idx_ai_model_performance_model_name (model_name)"]
):
    """A model's month, in % over its labelled predictions."""

    id: int | None = None
    record_date: date
    model_name: str
    accuracy: float
    precision: float | None = None
    recall: float | None = None
    f1_score: float | None = None
    response_time_ms: int | None = None
    created_at: datetime | None = None


class AiFeaturePerformance(Row, table="ai_feature_performance", indexes=["idx_ai_feature_feature_name (feature_name)"]):
    """An AI feature's day; rates are 0-1."""

    id: int | None = None
    record_date: date
    feature_name: str
    usage_count: int | None = None
    success_rate: float | None = None
    user_satisfaction: float | None = None
    created_at: datetime | None = None


class InteractionSummary(
    Row, table="interaction_summary", indexes=["idx_interaction_summary_record_date (record_date)"]
):
    """A day's AI interactions by type; ``avg_response_time`` in seconds."""

    id: int | None = None
    record_date: date
    total_interactions: int | None = None
    chat_interactions: int | None = None
    questionnaire_interactions: int | None = None
    image_analysis_interactions: int | None = None
    routine_planner_interactions: int | None = None
    avg_response_time: float | None = None
    created_at: datetime | None = None


class SystemHealth(
    Row,
    table="system_health",
    indexes=["idx_system_health_component (system_component)", "idx_system_health_date (record_date)"],
):
    """A component's latest sample; ``record_date`` is an instant in UTC."""

    id: int | None = None
    record_date: datetime
    system_component: str
    status: str
    cpu_usage: float | None = None
    memory_usage: float | None = None
    response_time_ms: int | None = None
    created_at: datetime | None = None


class BillingSummary(
    Row,
    table="billing_summary",
    day="billing_period_start",
    indexes=[
        "idx_billing_summary_plan_name (plan_name)",
        "idx_billing_summary_period (billing_period_start, billing_period_end)",
    ],
):
    """A billing period's cost."""

    id: int | None = None
    billing_period_start: date
    billing_period_end: date
    plan_name: str
    base_cost: float
    usage_cost: float | None = None
    total_cost: float
    api_calls: int | None = None
    data_processed_gb: float | None = None
    created_at: datetime | None = None
    monthly_price: float | None = None
    renewal_date: str | None = None
    subscription_amount: float | None = None
    chat_amount: float | None = None
    image_amount: float | None = None
    questionnaire_amount: float | None = None
    overage_amount: float | None = None
    total_estimated: float | None = None


class UsageBreakdown(Row, table="usage_breakdown", indexes=["idx_usage_breakdown_service_name (service_name)"]):
    """A service's use in a month, against its free limit."""

    id: int | None = None
    record_date: date
    service_name: str
    usage_count: int | None = None
    cost: float | None = None
    created_at: datetime | None = None
    month: str | None = None
    usage_type: str | None = None
    used: int | None = None
    free_limit: int | None = None
    overage_rate: str | None = None
    overage_cost: str | None = None
    total_usage: int | None = None


class ApiConfiguration(
    Row, table="api_configurations", day="last_sync", indexes=["idx_api_config_api_type (api_type)"]
):
    """An API in use; ``api_key`` is always None: keys are never stored."""

    id: int | None = None
    api_type: str
    api_name: str
    api_url: str
    api_key: str | None = None
    status: str | None = "active"
    last_sync: datetime | None = None
    sync_frequency: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class CustomerLifetimeValue(Row, table="customer_lifetime_value", indexes=["idx_customer_ltv_segment (segment_name)"]):
    """What customers of a tenure band are worth, predicted and so far."""

    id: int | None = None
    record_date: date
    segment_name: str
    predicted_clv: float
    current_clv: float | None = None
    created_at: datetime | None = None


class CategoryPerformance(
    Row, table="category_performance", indexes=["idx_category_performance_category (category_name)"]
):
    """A category's month."""

    id: int | None = None
    record_date: date
    category_name: str
    total_products: int | None = None
    total_views: int | None = None
    total_revenue: float | None = None
    avg_conversion_rate: float | None = None
    ai_recommendation_rate: float | None = None
    created_at: datetime | None = None


class ApiEndpoint(
    Row, table="api_endpoints", day="last_checked", indexes=["idx_api_endpoints_endpoint_name (endpoint_name)"]
):
    """An endpoint as last checked."""

    id: int | None = None
    endpoint_name: str
    method: str
    request_count: int | None = None
    avg_response_ms: float | None = None
    error_rate: float | None = None
    last_checked: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    base_url: str | None = None
    success_rate: float | None = None
    daily_calls: int | None = None


class CustomerSatisfaction(
    Row, table="customer_satisfaction", indexes=["idx_customer_satisfaction_record_date (record_date)"]
):
    """A day's mean ratings, 1-5."""

    id: int | None = None
    record_date: date
    overall_satisfaction: float
    product_match_quality: float
    ai_helpfulness: float
    created_at: datetime | None = None


class RealtimeMetrics(Row, table="realtime_metrics", key="recorded_at", day="recorded_at"):
    """A minute of the last two hours."""

    recorded_at: str
    active_sessions: int | None = None
    api_response_time_ms: int | None = None
    cpu_usage_pct: float | None = None
    memory_usage_pct: float | None = None
    conversions_per_min: int | None = None


class BillingPayment(
    Row, table="billing_payments", key=None, day="payment_date", indexes=["idx_billing_payments_status (status)"]
):
    """A payment."""

    payment_date: str | None = None
    description: str | None = None
    amount: float | None = None
    status: str | None = None
    invoice_url: str | None = None


class UsageAlert(Row, table="usage_alerts", key=None, day="created_at", indexes=["idx_usage_alerts_level (level)"]):
    """A limit that is nearly or fully used up."""

    level: str | None = None
    title: str | None = None
    message: str | None = None
    created_at: str | None = None
