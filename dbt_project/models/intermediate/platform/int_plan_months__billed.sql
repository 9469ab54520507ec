with

usage as (
    select * from {{ ref('int_usage_months__priced') }}
),

prices as (
    select * from {{ ref('stg_shop__price_list') }}
    where usage_type is null
),

months as (
    select
        month_start,
        month_end,
        plan_name,
        coalesce(sum(overage_cost), 0) as usage_cost,
        coalesce(sum(projected_overage_cost), 0) as projected_usage_cost,
        coalesce(sum(overage_cost) filter (where usage_type = 'chat'), 0) as chat_cost,
        coalesce(sum(overage_cost) filter (where usage_type = 'image'), 0) as image_cost,
        coalesce(sum(overage_cost) filter (where usage_type = 'questionnaire'), 0) as questionnaire_cost,
        sum(used_count) filter (where usage_type = 'api_calls') as api_call_count,
        sum(used_count) filter (where usage_type = 'data_mb') as data_mb_count
    from usage
    where plan_name is not null
    group by month_start, month_end, plan_name
),

ranked as (
    select
        months.*,
        prices.base_cost,
        prices.monthly_price,
        row_number() over (
            partition by months.month_start
            -- Two prices from one day: without the identifier the price billed would be left to chance.
            order by prices.valid_from desc, prices.price_id desc
        ) as price_rank
    from months
    inner join prices on months.plan_name = prices.plan_name and months.month_start >= prices.valid_from
),

final as (
    select
        -- ids
        month_start,
        month_end,
        plan_name,

        -- numbers
        monthly_price,
        coalesce(base_cost, monthly_price, 0) as base_cost,
        usage_cost,
        chat_cost,
        image_cost,
        questionnaire_cost,
        coalesce(base_cost, monthly_price, 0) + usage_cost as total_cost,
        coalesce(base_cost, monthly_price, 0) + projected_usage_cost as estimated_cost,
        api_call_count,
        data_mb_count
    from ranked
    where price_rank = 1
)

select * from final
