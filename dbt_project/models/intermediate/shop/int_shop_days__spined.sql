with

instants as (
    select min(started_at) as first_at from {{ ref('stg_shop__web_sessions') }}
    union all
    select min(started_at) from {{ ref('stg_shop__ai_interactions') }}
    union all
    select min(ordered_at) from {{ ref('stg_shop__orders') }}
),

first_day as (
    select {{ business_day('min(first_at)') }} as record_date
    from instants
),

final as (
    -- Without shop data the first day is NULL and there is no row.
    select days.day::date as record_date
    from first_day
    cross join lateral {{ days_between('first_day.record_date', as_of_date(), 'days', 'day') }}
)

select * from final
