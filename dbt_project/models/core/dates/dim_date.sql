with

days as (
    select day::date as date_day
    from
        generate_series(
            date '2015-01-01', {{ as_of_date() }} + interval '1 year', interval '1 day'
        ) as series (day)
),

final as (
    select
        date_day,
        extract(year from date_day)::integer as year,
        extract(quarter from date_day)::integer as quarter,
        extract(month from date_day)::integer as month,
        extract(isodow from date_day)::integer as day_of_week,
        extract(isodow from date_day) > 5 as is_weekend,
        date_trunc('week', date_day)::date as week_start_date
    from days
)

select * from final
