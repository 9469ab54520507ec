with

drafts as (
    select * from {{ source('enrichment', 'notification_drafts') }}
    where as_of_date <= {{ as_of_date() }}
),

numbered as (
    select
        *,
        -- The draft_id breaks ties between drafts that say the same; itself it has gaps where a night was cut off, so
        -- the key is not made from it.
        row_number() over (
            partition by customer_key, as_of_date, input_hash, source, model, prompt_version order by draft_id
        ) as repetition
    from drafts
),

final as (
    select
        {{ hash_key(
            "concat_ws(':', customer_key, as_of_date, input_hash, source, model, prompt_version, repetition)"
        ) }} as notification_candidate_key,
        draft_id,
        customer_key,
        as_of_date,
        source,
        model,
        prompt_version,
        notification_type,
        is_marketing,
        channel,
        scenario,
        recommended_action,
        array_to_string(trigger_factors, ', ') as trigger_factors,
        urgency_level,
        assigned_team,
        subject,
        body
    from numbered
)

select * from final
