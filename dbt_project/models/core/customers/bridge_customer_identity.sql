with

identified as (
    select * from {{ ref('int_customers__identified') }}
),

links as (
    select * from {{ ref('int_customer_links__found') }}
),

-- A link says as much about its right end as about its left.
ends as (
    select
        left_system as system,
        left_customer_id as source_customer_id,
        right_system as other_system,
        right_customer_id as other_customer_id,
        reason
    from links
    union
    select
        right_system,
        right_customer_id,
        left_system,
        left_customer_id,
        reason
    from links
),

reasons as (
    select
        system,
        source_customer_id,
        string_agg(distinct reason, ', ' order by reason) as link_reasons,
        string_agg(
            distinct other_system || ':' || other_customer_id, ', '
            order by other_system || ':' || other_customer_id
        ) as linked_to
    from ends
    group by system, source_customer_id
),

final as (
    select
        identified.system,
        identified.source_customer_id,
        identified.customer_key,
        coalesce(reasons.link_reasons, 'none') as link_reasons,
        reasons.linked_to
    from identified
    left join reasons
        on
            identified.system = reasons.system
            and identified.source_customer_id = reasons.source_customer_id
)

select * from final
