with

answers as (
    select * from {{ ref('stg_enrichment__recommended_actions') }}
),

delivered as (
    select * from {{ ref('stg_notifications__recommended_actions') }}
),

identified as (
    select * from {{ ref('int_customers__identified') }}
    where system = 'notifications'
),

customers as (
    select * from {{ ref('dim_customer') }}
),

ours as (
    select
        'ours:' || answers.customer_key as action_reference,
        answers.customer_key,
        answers.source as origin,
        answers.status,
        answers.scenario,
        answers.recommended_action,
        answers.urgency_level,
        answers.follow_up_required as is_follow_up_required,
        answers.assigned_team,
        answers.reason,
        answers.model,
        answers.prompt_version,
        answers.as_of_date
    from answers
    -- When records turn out to be one person, answers about the keys given up stay behind.
    inner join customers on answers.customer_key = customers.customer_key
),

theirs as (
    select
        -- The source gives no key: the record is known by its load and its number there.
        'source:' || delivered.load_number || ':' || delivered.record_number as action_reference,
        identified.customer_key,
        'source' as origin,
        'delivered' as status,
        delivered.scenario,
        delivered.recommended_action,
        delivered.urgency_level,
        delivered.follow_up_required = 'Yes' as is_follow_up_required,
        delivered.assigned_team,
        null::text as reason,
        null::text as model,
        null::text as prompt_version,
        null::date as as_of_date
    from delivered
    left join identified on delivered.customer_id::text = identified.source_customer_id
),

unioned as (
    select * from ours
    union all
    select * from theirs
),

final as (
    select
        {{ hash_key('action_reference') }} as recommended_action_key,
        customer_key,
        origin,
        status,
        scenario,
        recommended_action,
        urgency_level,
        is_follow_up_required,
        assigned_team,
        reason,
        model,
        prompt_version,
        as_of_date
    from unioned
)

select * from final
