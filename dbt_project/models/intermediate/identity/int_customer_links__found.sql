{#-
  What links two records, strongest first: a pair of the crosswalk, a mail address, a phone number, and name with
  place and year of birth.

  An identifier that many records carry is a shared mailbox or a switchboard, and one that two records of the same
  system carry is shared too, for a system does not keep the same person twice on purpose: neither says who somebody
  is, so it links nobody. Families share an address as well: records that contradict each other about the year of birth
  or the first letter of the name are not linked by it. A pair of the crosswalk is somebody's word and needs no such care.
-#}
with

source_customers as (
    select
        system,
        source_customer_id,
        email_normalised,
        phone_normalised,
        name_normalised,
        place_normalised,
        -- Who is 40 and gave that age up to a year ago was born 40 to 42 years before this year.
        coalesce(birth_year, extract(year from {{ as_of_date() }})::integer - age - 2) as first_birth_year,
        coalesce(birth_year, extract(year from {{ as_of_date() }})::integer - age) as last_birth_year,
        -- The decision desk writes a company where others have a person.
        case when system <> 'decisions' then left(name_normalised, 1) end as name_initial
    from {{ ref('int_source_customers__unioned') }}
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
    union all
    -- "T. Sharma" is too little of a name.
    select system, source_customer_id, 'name', name_normalised || ' of ' || place_normalised
    from source_customers
    where name_normalised ~ '^[^\s.]{2,}\s+[^\s.]{2,}' and place_normalised is not null and first_birth_year is not null
),

counted as (
    select
        *,
        count(*) over (partition by reason, identifier) as record_count,
        count(*) over (partition by reason, identifier, system) as system_record_count
    from identifiers
),

shared as (
    select
        *,
        max(system_record_count) over (partition by reason, identifier) as most_of_one_system
    from counted
),

telling as (
    select
        shared.reason,
        shared.identifier,
        source_customers.*
    from shared
    inner join source_customers
        on
            shared.system = source_customers.system
            and shared.source_customer_id = source_customers.source_customer_id
    where
        shared.record_count between 2 and {{ var('identity_shared_limit', 4) }}
        and shared.most_of_one_system = 1
),

found as (
    select
        left_records.system as left_system,
        left_records.source_customer_id as left_customer_id,
        right_records.system as right_system,
        right_records.source_customer_id as right_customer_id,
        left_records.reason
    from telling as left_records
    inner join telling as right_records
        on
            left_records.reason = right_records.reason
            and left_records.identifier = right_records.identifier
            -- Each pair once.
            and left_records.system < right_records.system
    where
        coalesce(left_records.name_initial = right_records.name_initial, true)
        and coalesce(left_records.first_birth_year <= right_records.last_birth_year, true)
        and coalesce(right_records.first_birth_year <= left_records.last_birth_year, true)
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
