with

facts as (
    select count(*) as interactions from {{ ref('fct_ai_interactions') }}
),

overview as (
    select coalesce(sum(ai_interactions), 0) as interactions from {{ ref('dashboard__overview_kpis') }}
),

feed as (
    select count(*) as interactions from {{ ref('dashboard__customer_interactions') }}
)

select
    facts.interactions,
    overview.interactions as in_overview_kpis,
    feed.interactions as in_customer_interactions
from facts
cross join overview
cross join feed
where facts.interactions <> overview.interactions or facts.interactions <> feed.interactions
