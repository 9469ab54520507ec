{#-
  What links two records, strongest first: a pair of the crosswalk, a mail address, a phone number, and name with
  place and year of birth.

  An identifier that many records carry is a shared mailbox or a switchboard, and one that two records of the same
  system carry is shared too, for a system does not keep the same person twice on purpose: neither says who somebody
  is, so it links nobody. Families share an address as well: records that contradict each other about the year of birth
  or the first letter of the name are not linked by it. A pair of the crosswalk is somebody's word and needs no such care. The records that stand for erased customers are one
  customer.
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
    select 'email' as reason, email_normalised as identifier, source_customers.*
    from source_customers
    where email_normalised is not null
    union all
    select 'phone', phone_normalised, source_customers.*
    from source_customers
    where phone_normalised is not null
    union all
    -- "T. Sharma" is too little of a name.
    select 'name', name_normalised || ' of ' || place_normalised, source_customers.*
    from source_customers
    where name_normalised ~ '^[^\s.]{2,}\s+[^\s.]{2,}' and place_normalised is not null and first_birth_year is not null
),

-- The records of an identifier side by side in arrays: pairs are made of them in one pass, where a join of the
-- identifiers with themselves is planned from guesses and was seen to take a thousand times as long.
telling as (
    select
        reason,
        array_agg(system order by system) as systems,
        array_agg(source_customer_id order by system) as source_customer_ids,
        array_agg(name_initial order by system) as name_initials,
        array_agg(first_birth_year order by system) as first_birth_years,
        array_agg(last_birth_year order by system) as last_birth_years
    from identifiers
    group by reason, identifier
    having
        count(*) between 2 and {{ var('identity_shared_limit', 4) }}
        and count(distinct system) = count(*)
),

found as (
    select
        telling.systems[former] as left_system,
        telling.source_customer_ids[former] as left_customer_id,
        telling.systems[latter] as right_system,
        telling.source_customer_ids[latter] as right_customer_id,
        telling.reason
    from telling
    cross join generate_series(1, cardinality(telling.systems) - 1) as former
    cross join generate_series(former + 1, cardinality(telling.systems)) as latter
    where
        coalesce(telling.name_initials[former] = telling.name_initials[latter], true)
        and coalesce(telling.first_birth_years[former] <= telling.last_birth_years[latter], true)
        and coalesce(telling.first_birth_years[latter] <= telling.last_birth_years[former], true)
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
    union
    select
        left_records.system,
        left_records.source_customer_id,
        right_records.system,
        right_records.source_customer_id,
        'erased'
    from source_customers as left_records
    inner join source_customers as right_records
        on left_records.system < right_records.system and {{ is_erased('right_records') }}
    where {{ is_erased('left_records') }}
),

final as (
    select * from found
)

select * from final
