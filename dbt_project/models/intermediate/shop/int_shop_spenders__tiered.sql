{#- More bins mean a longer grid of days and bins, fewer a longer look into those that a tercile cuts through. -#}
{%- set bin_count = 100 %}
with

days as (
    select * from {{ ref('int_shop_days__spined') }}
),

-- Ranking every customer on every day would be millions of rows. Spend is sorted once into bins instead, whole bins
-- are counted day by day, and only in the two bins that a tercile cuts through are customers looked at one by one.
spenders as (
    select
        shop_customer_id,
        net_revenue,
        valid_from,
        valid_before,
        -- Equal spend may lie in two bins; which customer it is changes no number.
        ntile({{ bin_count }}) over (order by net_revenue desc, shop_customer_id, valid_from) as bin
    from {{ ref('int_shop_customers__valued') }}
    where net_revenue > 0
),

moves as (
    select
        bin,
        valid_from as record_date,
        1 as customers,
        net_revenue
    from spenders
    union all
    select
        bin,
        valid_before,
        -1,
        -net_revenue
    from spenders
    where valid_before is not null
),

moves_per_day as (
    select
        bin,
        record_date,
        sum(customers) as customers,
        sum(net_revenue) as net_revenue
    from moves
    group by bin, record_date
),

bins as (
    select distinct bin from spenders
),

filled as (
    select
        days.record_date,
        bins.bin,
        coalesce(sum(moves_per_day.customers) over by_day, 0) as customers,
        coalesce(sum(moves_per_day.net_revenue) over by_day, 0) as net_revenue
    from days
    cross join bins
    left join moves_per_day on days.record_date = moves_per_day.record_date and bins.bin = moves_per_day.bin
    window by_day as (partition by bins.bin order by days.record_date)
),

ranked_bins as (
    select
        filled.*,
        sum(customers) over (partition by record_date order by bin) - customers as first_rank_before,
        sum(customers) over (partition by record_date order by bin) as last_rank,
        ceil(sum(customers) over (partition by record_date) / 3.0) as last_high_rank,
        ceil(sum(customers) over (partition by record_date) * 2 / 3.0) as last_medium_rank
    from filled
),

cut_bins as (
    select
        ranked_bins.*,
        (first_rank_before < last_high_rank and last_high_rank < last_rank)
        or (first_rank_before < last_medium_rank and last_medium_rank < last_rank) as is_cut
    from ranked_bins
    where customers > 0
),

customers_of_cut_bins as (
    select
        cut_bins.record_date,
        cut_bins.last_high_rank,
        cut_bins.last_medium_rank,
        spenders.net_revenue,
        cut_bins.first_rank_before + row_number() over (
            partition by cut_bins.record_date, cut_bins.bin
            -- Equal spend on both sides of a cut: without the account the tiers would be left to chance.
            order by spenders.net_revenue desc, spenders.shop_customer_id
        ) as last_rank
    from cut_bins
    inner join spenders
        on
            cut_bins.bin = spenders.bin
            and spenders.valid_from <= cut_bins.record_date
            and (spenders.valid_before > cut_bins.record_date or spenders.valid_before is null)
    where cut_bins.is_cut
),

ranked as (
    select
        record_date,
        customers,
        net_revenue,
        last_rank,
        last_high_rank,
        last_medium_rank
    from cut_bins
    where not is_cut
    union all
    select
        record_date,
        1,
        net_revenue,
        last_rank,
        last_high_rank,
        last_medium_rank
    from customers_of_cut_bins
),

final as (
    select
        record_date,
        case
            when last_rank <= last_high_rank then 'High Value'
            when last_rank <= last_medium_rank then 'Medium Value'
            else 'Low Value'
        end as tier_name,
        sum(customers)::bigint as customer_count,
        sum(net_revenue)::numeric(14, 2) as net_revenue
    from ranked
    group by 1, 2
)

select * from final
