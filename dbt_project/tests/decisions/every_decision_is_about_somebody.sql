select decision_id
from {{ ref('fct_decisions') }}
where customer_key is null
