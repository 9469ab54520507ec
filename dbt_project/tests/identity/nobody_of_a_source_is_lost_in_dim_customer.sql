select bridge.customer_key
from {{ ref('bridge_customer_identity') }} as bridge
full join {{ ref('dim_customer') }} as customers on bridge.customer_key = customers.customer_key
where bridge.customer_key is null or customers.customer_key is null
