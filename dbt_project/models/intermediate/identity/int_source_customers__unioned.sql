with

care_customers as (
    select * from {{ ref('stg_care__customers') }}
),

crm_customers as (
    select * from {{ ref('stg_crm__customer_info') }}
),

crm_preferences as (
    -- The preference_id decides which set is the newest: the CRM gives no time, and each customer has one set here.
    select distinct on (customer_id) *
    from {{ ref('stg_crm__customer_preferences') }}
    order by customer_id, preference_id desc
),

notification_profiles as (
    select * from {{ ref('stg_notifications__customer_profiles') }}
),

notification_accounts as (
    select distinct on (customer_id) *
    from {{ ref('stg_notifications__account_activity') }}
    order by customer_id, snapshot_date desc
),

shop_customers as (
    select * from {{ ref('stg_shop__customers') }}
),

decision_customers as (
    select * from {{ ref('stg_decisions__customer_decisions') }}
),

-- The decision desk has no customers of its own: whoever a decision names is one, known by the mail address.
decision_names as (
    select
        {{ decision_customer_id('decision_customers') }} as source_customer_id,
        customer_name,
        customer_email,
        created_at,
        id
    from decision_customers
),

named_by_decisions as (
    select distinct on (source_customer_id)
        *,
        min(created_at) over (partition by source_customer_id) as first_created_at
    from decision_names
    -- The id breaks ties between decisions of one instant, else the name kept would be left to chance.
    order by source_customer_id, created_at desc nulls last, id
),

unioned as (
    select
        'crm' as system,
        crm_customers.customer_id::text as source_customer_id,
        crm_customers.customer_name,
        crm_customers.email,
        crm_customers.phone,
        crm_customers.gender,
        crm_customers.date_of_birth as birth_date,
        extract(year from crm_customers.date_of_birth)::integer as birth_year,
        crm_customers.age,
        crm_customers.city,
        crm_customers.city as place,
        crm_customers.state,
        crm_customers.country,
        crm_preferences.time_zone,
        case crm_preferences.communication_channel
            when 'Push' then 'App Push'
            else crm_preferences.communication_channel
        end as preferred_channel,
        crm_preferences.marketing_consent,
        crm_customers.account_status,
        crm_customers.join_date as registered_date,
        null::timestamptz as registered_at
    from crm_customers
    left join crm_preferences on crm_customers.customer_id = crm_preferences.customer_id
    union all
    select
        'care',
        customer_id::text,
        customer_name,
        email,
        phone,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        status,
        registration_date,
        null
    from care_customers
    union all
    select
        'shop',
        customer_id,
        customer_name,
        email,
        phone,
        null,
        null,
        birth_year,
        null,
        city,
        city,
        null,
        country,
        null,
        null,
        marketing_consent,
        null,
        {{ business_day('registered_at') }},
        registered_at
    from shop_customers
    union all
    select
        'notifications',
        notification_profiles.customer_id::text,
        notification_profiles.name,
        null,
        null,
        null,
        null,
        null,
        notification_profiles.age,
        null,
        -- The engine writes a place as free text, most often as city and country.
        split_part(notification_profiles.location, ',', 1),
        null,
        null,
        null,
        notification_profiles.preferred_channel,
        notification_profiles.opted_in = 'Yes',
        notification_accounts.account_status,
        notification_profiles.customer_since,
        null
    from notification_profiles
    left join notification_accounts on notification_profiles.customer_id = notification_accounts.customer_id
    union all
    select
        'decisions',
        source_customer_id,
        customer_name,
        customer_email,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        {{ business_day('first_created_at') }},
        first_created_at
    from named_by_decisions
),

normalised as (
    select
        *,
        -- "anna+shop@" and "anna@" may be two persons at their provider, so what follows a plus is kept.
        case when trim(email) ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' then lower(trim(email)) end as email_normalised,
        -- 00 and + both start an international number, so neither is part of it.
        regexp_replace(regexp_replace(phone, '\D', '', 'g'), '^00', '') as phone_digits,
        -- "Iyer, Zoya" is Zoya Iyer.
        lower(regexp_replace(trim(customer_name), '^([^,]+),\s*(.+)$', '\2 \1')) as name_normalised
    from unioned
),

final as (
    select
        -- ids
        system,
        source_customer_id,

        -- identifiers
        email_normalised,
        case when length(phone_digits) >= 7 then phone_digits end as phone_normalised,
        nullif(name_normalised, '') as name_normalised,
        nullif(lower(trim(place)), '') as place_normalised,

        -- who
        customer_name,
        email,
        phone,
        gender,
        birth_date,
        birth_year,
        age,
        city,
        state,
        country,
        time_zone,

        -- the account
        preferred_channel,
        marketing_consent,
        account_status,

        -- times
        registered_date,
        coalesce(
            registered_at, registered_date::timestamp at time zone '{{ var("business_time_zone") }}'
        ) as registered_at
    from normalised
)

select * from final
