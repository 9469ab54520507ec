with

customers as (
    select * from {{ ref('int_customers__merged') }}
),

final as (
    select
        -- ids
        customer_key,

        -- who
        customer_name,
        email,
        phone,
        gender,
        birth_date,
        birth_year,
        city,
        state,
        country,
        time_zone,
        -- The decision desk's customers are mostly companies; a person is also known elsewhere.
        systems = 'decisions' as is_company,

        -- the account
        preferred_channel,
        marketing_consent,
        account_status,
        customer_since_date,
        first_seen_at,

        -- where each of it comes from
        systems,
        source_record_count,
        customer_name_source,
        email_source,
        phone_source,
        gender_source,
        birth_date_source,
        birth_year_source,
        city_source,
        state_source,
        country_source,
        time_zone_source,
        preferred_channel_source,
        marketing_consent_source,
        account_status_source,
        customer_since_date_source
    from customers
)

select * from final
