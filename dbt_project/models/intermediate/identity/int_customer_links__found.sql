{#-
  An identifier that many records carry is a shared mailbox or a switchboard, and one that two records of the same
  system carry is shared too, for a system does not keep the same person twice on purpose: neither says who somebody
  is, so it links nobody. A pair of the crosswalk is a person's word and needs no such care.
-#}
with

source_customers as (
    select * from {{ ref('int_source_customers__unioned') }}
),

crosswalk as (
    select * from {{ ref('stg_identity__crosswalk') }}
),

identifiers as (
    select system, source_customer_id, 'email' as reason, email_normalised as identifier
    from source_customers
    where email_normalised is not null
    union all
    select system, source_customer_id, 'phone', phone_normalised
    from source_customers
    where phone_normalised is not null
),

counted as (
    select
        *,
        -- Any fixed order makes the same star of links on every run; this one is by system and id.
        first_value(system) over by_identifier as first_system,
        first_value(source_customer_id) over by_identifier as first_customer_id,
        count(*) over (partition by reason, identifier) as record_count,
        count(*) over (partition by reason, identifier, system) as system_record_count
    from identifiers
    window by_identifier as (
        partition by reason, identifier
        order by system collate "C", source_customer_id collate "C"
    )
),

shared as (
    select
        *,
        max(system_record_count) over (partition by reason, identifier) as most_of_one_system
    from counted
),

-- Each record is linked to the first that carries the identifier; the closure does the rest.
found as (
    select
        first_system as left_system,
        first_customer_id as left_customer_id,
        system as right_system,
        source_customer_id as right_customer_id,
        reason
    from shared
    where
        record_count between 2 and {{ var('identity_shared_limit', 4) }}
        and most_of_one_system = 1
        and system <> first_system
    union
    select
        left_records.system,
        left_records.source_customer_id,
        right_records.system,
        right_records.source_customer_id,
        'crosswalk'
    from crosswalk
    -- A pair may name a customer who is not here (yet); it links nobody until then.
    inner join source_customers as left_records
        on
            crosswalk.left_system = left_records.system
            and case crosswalk.left_system
                when 'decisions' then lower(trim(crosswalk.left_customer_id)) else trim(crosswalk.left_customer_id)
            end = left_records.source_customer_id
    inner join source_customers as right_records
        on
            crosswalk.right_system = right_records.system
            and case crosswalk.right_system
                when 'decisions' then lower(trim(crosswalk.right_customer_id)) else trim(crosswalk.right_customer_id)
            end = right_records.source_customer_id
),

final as (
    select * from found
)

select * from final
