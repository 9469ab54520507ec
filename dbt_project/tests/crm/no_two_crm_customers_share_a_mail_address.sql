{{ config(
    severity="warn",
    description="warn: whoever took over an address before the CRM delivered its old holder's change stops the publishing of crm.customer_info, not the build of everything else"
) }}

select email, count(*) as customer_count
from {{ ref('crm__customer_info') }}
group by email
having count(*) > 1
