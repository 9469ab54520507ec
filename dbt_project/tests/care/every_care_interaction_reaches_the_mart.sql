select
    staged.row_count as staged_count,
    published.row_count as published_count
from (select count(*) as row_count from {{ ref('stg_care__customer_interactions') }}) as staged
cross join (select count(*) as row_count from {{ ref('care__customer_interactions') }}) as published
where staged.row_count <> published.row_count
