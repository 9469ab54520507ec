{#-
  The full closure of the links: A–B and B–C make A, B and C one person, however long the chain is. `union` drops
  what was reached before, so circles end.
-#}
with recursive

source_customers as (
    select * from {{ ref('int_source_customers__unioned') }}
),

links as (
    select * from {{ ref('int_customer_links__found') }}
),

numbered as (
    select
        system,
        source_customer_id,
        -- The smallest number of a person's records is the canonical one, whose key the person takes. The id's order
        -- does not depend on the server's language, else keys would change with it.
        row_number() over (
            order by
                array_position(array['crm', 'care', 'shop', 'notifications', 'decisions'], system),
                source_customer_id collate "C"
        ) as record_number
    from source_customers
),

numbered_links as (
    select
        left_records.record_number as left_number,
        right_records.record_number as right_number
    from links
    inner join numbered as left_records
        on links.left_system = left_records.system and links.left_customer_id = left_records.source_customer_id
    inner join numbered as right_records
        on links.right_system = right_records.system and links.right_customer_id = right_records.source_customer_id
),

neighbours as (
    select
        left_number as from_number,
        right_number as to_number
    from numbered_links
    union
    select
        right_number,
        left_number
    from numbered_links
),

reached as (
    select
        from_number as record_number,
        to_number as reached_number
    from neighbours
    union
    select
        reached.record_number,
        neighbours.to_number
    from reached
    inner join neighbours on reached.reached_number = neighbours.from_number
),

canonical as (
    select
        record_number,
        least(record_number, min(reached_number)) as canonical_number
    from reached
    group by record_number
),

final as (
    select
        members.system,
        members.source_customer_id,
        {{ hash_key("canonical_records.system || ':' || canonical_records.source_customer_id") }} as customer_key
    from numbered as members
    left join canonical on members.record_number = canonical.record_number
    inner join numbered as canonical_records
        on coalesce(canonical.canonical_number, members.record_number) = canonical_records.record_number
)

select * from final
