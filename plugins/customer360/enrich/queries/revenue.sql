select
    record_date,
    net_revenue
from intermediate.int_shop_revenue__summed
where record_date <= %(as_of_date)s
order by record_date
