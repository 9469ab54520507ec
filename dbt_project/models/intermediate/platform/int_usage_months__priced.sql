with

readings as (
    select * from {{ ref('stg_shop__usage_events') }}
),

prices as (
    select * from {{ ref('stg_shop__price_list') }}
),

months as (
    select
        month.day::date as month_start,
        (month.day + interval '1 month' - interval '1 day')::date as month_end
    from (select date_trunc('month', min(usage_date)) as first_month from readings) as span
    cross join lateral generate_series(span.first_month, {{ as_of_date() }}::timestamp, interval '1 month') as month (day)
),

plans as (
    select
        months.*,
        prices.plan_name,
        row_number() over (
            partition by months.month_start
            -- Two plans from one day: without the identifier the plan billed would be left to chance.
            order by prices.valid_from desc, prices.price_id desc
        ) as price_rank
    from months
    inner join prices on months.month_start >= prices.valid_from
    where prices.usage_type is null
),

rates as (
    select
        plans.month_start,
        plans.month_end,
        plans.plan_name,
        prices.usage_type,
        prices.service_name,
        prices.free_limit,
        prices.overage_rate,
        row_number() over (
            partition by plans.month_start, prices.usage_type
            -- Two prices from one day: without the identifier the price billed would be left to chance.
            order by prices.valid_from desc, prices.price_id desc
        ) as price_rank
    from plans
    inner join prices on plans.plan_name = prices.plan_name and plans.month_start >= prices.valid_from
    where plans.price_rank = 1 and prices.usage_type is not null
),

used as (
    select
        date_trunc('month', usage_date)::date as month_start,
        usage_type,
        max(service_name) as service_name,
        sum(used) as used_count
    from readings
    group by 1, 2
),

priced as (
    select
        coalesce(rates.month_start, used.month_start) as month_start,
        (coalesce(rates.month_start, used.month_start) + interval '1 month' - interval '1 day')::date as month_end,
        rates.plan_name,
        coalesce(rates.usage_type, used.usage_type) as usage_type,
        coalesce(rates.service_name, used.service_name) as service_name,
        coalesce(used.used_count, 0) as used_count,
        rates.free_limit,
        rates.overage_rate
    from (
        select * from rates
        where price_rank = 1
    ) as rates
    full join used on rates.month_start = used.month_start and rates.usage_type = used.usage_type
),

-- The running month is taken to go on as it went so far.
projected as (
    select
        priced.*,
        case
            when month_end <= {{ as_of_date() }} then used_count
            else used_count * (month_end - month_start + 1) / ({{ as_of_date() }} - month_start + 1)
        end as projected_count
    from priced
),

final as (
    select
        -- ids
        month_start,
        month_end,
        plan_name,
        usage_type,
        service_name,

        -- numbers
        used_count::bigint as used_count,
        free_limit as free_limit_count,
        overage_rate,
        -- Every service is rounded on its own, as the bill does.
        round(greatest(used_count - free_limit, 0) * overage_rate, 2)::numeric(12, 2) as overage_cost,
        round(greatest(projected_count - free_limit, 0) * overage_rate, 2)::numeric(12, 2) as projected_overage_cost
    from projected
)

select * from final
