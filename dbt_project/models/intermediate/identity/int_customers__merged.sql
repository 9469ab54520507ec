{%- set fields = [
    'customer_name', 'email', 'phone', 'gender', 'birth_date', 'birth_year', 'age', 'city', 'state', 'country',
    'time_zone', 'preferred_channel', 'marketing_consent',
] -%}
{%- set statuses = ['Suspended', 'Inactive', 'At Risk', 'Active'] -%}
with

source_customers as (
    select * from {{ ref('int_source_customers__unioned') }}
),

identified as (
    select * from {{ ref('int_customers__identified') }}
),

time_zones as materialized (
    select name from pg_timezone_names
),

ranked as (
    select
        identified.customer_key,
        source_customers.system,
        source_customers.source_customer_id,
        trim(source_customers.customer_name) as customer_name,
        source_customers.email_normalised as email,
        trim(source_customers.phone) as phone,
        source_customers.gender,
        source_customers.birth_date,
        source_customers.birth_year,
        source_customers.age,
        source_customers.city,
        source_customers.state,
        source_customers.country,
        -- The CRM's IST is India; PostgreSQL would read it as Israel. Of other names only those it knows are kept.
        case source_customers.time_zone when 'IST' then 'Asia/Kolkata' else time_zones.name end as time_zone,
        source_customers.preferred_channel,
        source_customers.marketing_consent,
        source_customers.account_status,
        source_customers.registered_date,
        source_customers.registered_at,
        array_position(
            array['crm', 'care', 'shop', 'notifications', 'decisions'], source_customers.system
        ) as precedence,
        -- Consent is asked for where messages are sent from, so the notification engine knows before the shop.
        array_position(
            array['crm', 'notifications', 'shop', 'care', 'decisions'], source_customers.system
        ) as consent_precedence,
        array_position(
            array[{% for status in statuses %}'{{ status }}'{{ ', ' if not loop.last }}{% endfor %}],
            source_customers.account_status
        ) as status_precedence
    from source_customers
    inner join identified
        on
            source_customers.system = identified.system
            and source_customers.source_customer_id = identified.source_customer_id
    left join time_zones on source_customers.time_zone = time_zones.name
),

-- Of each field the first value known, by system; the id breaks ties between two records of one system, else the
-- value kept would be left to chance.
merged as (
    select
        customer_key,
        {%- for field in fields %}
            {%- set by = 'consent_precedence' if field == 'marketing_consent' else 'precedence' %}
            (
                array_agg({{ field }} order by {{ by }}, source_customer_id collate "C")
                filter (where {{ field }} is not null)
            )[1] as {{ field }},
            (
                array_agg(system order by {{ by }}, source_customer_id collate "C")
                filter (where {{ field }} is not null)
            )[1] as {{ field }}_source,
        {%- endfor %}
        -- A customer one system suspended is suspended, whatever the others say.
        (
            array_agg(account_status order by status_precedence, precedence)
            filter (where account_status is not null)
        )[1] as account_status,
        (
            array_agg(system order by status_precedence, precedence)
            filter (where account_status is not null)
        )[1] as account_status_source,
        min(registered_date) as customer_since_date,
        (
            array_agg(system order by registered_date, precedence)
            filter (where registered_date is not null)
        )[1] as customer_since_date_source,
        min(registered_at) as first_seen_at,
        string_agg(distinct system, ', ' order by system) as systems,
        count(*)::integer as source_record_count
    from ranked
    group by customer_key
),

final as (
    select * from merged
)

select * from final
