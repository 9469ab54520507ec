-- The day comes first: hashes run along it.
select
    activity_date,
    shop_customer_id,
    order_count > 0,
    order_amount,
    refund_amount
from intermediate.int_shop_customer_days__summed
where activity_date <= %(as_of_date)s
order by activity_date, shop_customer_id
