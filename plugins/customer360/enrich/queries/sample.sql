-- One row per customer of a sample that chance has drawn once: by the hash of the key.
select {features}, f.input_hash
from intermediate.int_customer_features as f
order by md5(f.customer_key::text), f.customer_key
limit %(size)s
