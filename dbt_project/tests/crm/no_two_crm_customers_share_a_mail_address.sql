{{ config(severity="warn") }}

select email, count(*) as customer_count
from {{ ref('crm__customer_info') }}
group by email
having count(*) > 1
