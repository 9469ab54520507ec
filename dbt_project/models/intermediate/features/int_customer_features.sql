{#-
  What rules and models may know about a person. Coarse on purpose (bands, tens, steps of 0.05): a person of whom
  nothing new is known keeps the input_hash as long as no window or band is crossed, and is not asked about again.
-#}
with

customers as (
    select * from {{ ref('int_customers__merged') }}
),

accounts as (
    select * from {{ ref('int_customer_accounts__described') }}
),

orders as (
    select * from {{ ref('int_customer_orders__summed') }}
),

visits as (
    select * from {{ ref('int_customer_visits__summed') }}
),

contacts as (
    select * from {{ ref('int_customer_contacts__summed') }}
),

messages as (
    select * from {{ ref('int_customer_messages__summed') }}
),

decisions as (
    select * from {{ ref('int_customer_decisions__counted') }}
),

erased as (
    select identified.customer_key
    from {{ ref('int_customers__identified') }} as identified
    where {{ is_erased('identified') }}
),

aged as (
    select
        *,
        coalesce(
            extract(year from age({{ as_of_date() }}, birth_date))::integer,
            extract(year from {{ as_of_date() }})::integer - birth_year,
            age
        ) as age_years
    from customers
),

features as (
    select
        aged.customer_key,

        -- who
        case
            when aged.age_years >= 65 then '65+'
            when aged.age_years >= 55 then '55-64'
            when aged.age_years >= 45 then '45-54'
            when aged.age_years >= 35 then '35-44'
            when aged.age_years >= 25 then '25-34'
            when aged.age_years >= 18 then '18-24'
        end as age_band,
        accounts.income_bracket,
        -- Whoever registers after the last business day included has no tenure yet.
        case
            when aged.customer_since_date is not null
                then greatest(extract(year from age({{ as_of_date() }}, aged.customer_since_date))::integer, 0)
        end as tenure_years,
        aged.preferred_channel,
        aged.marketing_consent,

        -- the account
        aged.account_status,
        accounts.subscription_type,
        accounts.has_green_plan,
        accounts.monthly_fee,
        accounts.engagement_score / 10 * 10 as engagement_score,

        -- orders
        coalesce(orders.orders_365d, 0) as orders_365d,
        orders.net_revenue_365d,
        orders.discount_share,
        orders.eco_spend_share,
        {{ day_band('(' ~ as_of_date() ~ ' - orders.last_order_date)') }} as days_since_last_order_band,
        {{ day_band(
            '(' ~ as_of_date() ~ ' - greatest(orders.last_order_date, visits.last_visit_date, contacts.last_contact_date,'
            ~ ' messages.last_opened_date, decisions.last_decision_date, accounts.last_seen_date))'
        ) }} as days_since_last_activity_band,

        -- visits
        coalesce(visits.web_sessions_90d, 0) as web_sessions_90d,
        visits.mobile_session_share,
        coalesce(visits.ai_interactions_90d, 0) as ai_interactions_90d,

        -- contacts
        coalesce(contacts.care_interactions_90d, 0) as care_interactions_90d,
        coalesce(contacts.care_interactions_prior_90d, 0) as care_interactions_prior_90d,
        coalesce(contacts.complaints_90d, 0) as complaints_90d,
        coalesce(contacts.escalations_90d, 0) as escalations_90d,
        coalesce(contacts.open_interactions, 0) as open_interactions,
        coalesce(contacts.cancellation_requests_180d, 0) as cancellation_requests_180d,
        contacts.voice_share,
        contacts.in_person_share,
        contacts.digital_share,
        contacts.avg_satisfaction_90d,
        contacts.avg_queue_seconds_90d,

        -- messages
        coalesce(messages.notifications_sent_90d, 0) as notifications_sent_90d,
        messages.notification_open_share,
        messages.notification_click_share,

        -- decisions and refunds
        coalesce(decisions.open_decisions, 0) as open_decisions,
        coalesce(decisions.open_churn_decisions, 0) as open_churn_decisions,
        coalesce(orders.refunds_180d, 0) as refunds_180d,

        -- what the sources' own scores say
        accounts.crm_risk_score,
        accounts.crm_engagement_level,
        accounts.source_churn_risk_score
    from aged
    left join accounts on aged.customer_key = accounts.customer_key
    left join orders on aged.customer_key = orders.customer_key
    left join visits on aged.customer_key = visits.customer_key
    left join contacts on aged.customer_key = contacts.customer_key
    left join messages on aged.customer_key = messages.customer_key
    left join decisions on aged.customer_key = decisions.customer_key
    -- Nothing is said about those who were erased, and nobody acts on it.
    where aged.customer_key not in (select erased.customer_key from erased)
),

final as (
    select
        *,
        -- The text of a record tells an empty value from an empty text, so no two records share one.
        md5(features::text) as input_hash
    from features
)

select * from final
