with

source_customers as (
    select * from {{ ref('int_source_customers__unioned') }}
),

identified as (
    select * from {{ ref('int_customers__identified') }}
)

select
    coalesce(source_customers.system, identified.system) as system,
    count(distinct identified.customer_key) as person_count,
    count(*) as row_count
from source_customers
full join identified
    on
        source_customers.system = identified.system
        and source_customers.source_customer_id = identified.source_customer_id
group by
    coalesce(source_customers.system, identified.system),
    coalesce(source_customers.source_customer_id, identified.source_customer_id)
having count(*) <> 1 or count(distinct identified.customer_key) <> 1
