with

services as (
    select
        record_date,
        sum(round(cost::numeric, 2)) as amount
    from {{ ref('dashboard__usage_breakdown') }}
    where cost is not null
    group by record_date
),

bills as (
    select
        billing_period_start as record_date,
        round(usage_cost::numeric, 2) as amount,
        round(total_cost::numeric, 2) - round(base_cost::numeric, 2) as amount_beyond_the_plan
    from {{ ref('dashboard__billing_summary') }}
)

select
    coalesce(services.record_date, bills.record_date) as record_date,
    services.amount as amount_of_the_services,
    bills.amount as amount_of_the_bill,
    bills.amount_beyond_the_plan
from services
full join bills on services.record_date = bills.record_date
where
    services.amount is distinct from bills.amount
    or bills.amount is distinct from bills.amount_beyond_the_plan
