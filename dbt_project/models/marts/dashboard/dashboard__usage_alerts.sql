with

usage as (
    select * from {{ ref('int_usage_months__priced') }}
    where {{ as_of_date() }} between month_start and month_end
),

readings as (
    select * from {{ ref('fct_usage') }}
),

judged as (
    select
        usage.*,
        case
            when used_count = 0 then null
            when used_count >= free_limit_count then 'error'
            when used_count * 100 >= free_limit_count * 80 then 'warning'
        end as level
    from usage
),

alerts as (
    select
        judged.*,
        case level when 'error' then 100 else 80 end as threshold_pct
    from judged
    where level is not null
),

sums as (
    select
        usage_type,
        usage_date,
        sum(sum(used_count)) over (
            partition by usage_type, date_trunc('month', usage_date) order by usage_date
        ) as used_so_far
    from readings
    group by usage_type, usage_date
),

reached as (
    select
        alerts.usage_type,
        min(sums.usage_date) as reached_date
    from alerts
    inner join sums
        on
            alerts.usage_type = sums.usage_type
            and sums.usage_date between alerts.month_start and alerts.month_end
            and sums.used_so_far * 100 >= alerts.free_limit_count * alerts.threshold_pct
    group by alerts.usage_type
),

final as (
    select
        alerts.level,
        alerts.service_name || ': ' || case alerts.level when 'error' then 'limit reached' else '80 % of the limit used' end
            as title,
        alerts.used_count || ' of ' || alerts.free_limit_count || ' included units are used in '
        || to_char(alerts.month_start, 'YYYY-MM') || '; each unit beyond them costs ' || alerts.overage_rate || '.' as message,
        reached.reached_date::text as created_at
    from alerts
    left join reached on alerts.usage_type = reached.usage_type
)

select * from final
