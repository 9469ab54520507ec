with

answers as (
    select * from {{ source('enrichment', 'customer_segments') }}
),

final as (
    select
        answers.result_id,
        answers.customer_key,
        answers.as_of_date,
        answers.input_hash,
        answers.source,
        answers.model,
        answers.prompt_version,
        answers.status,
        answers.segment,
        answers.score,
        answers.contributions,
        answers.reason
    from answers
    where answers.as_of_date <= {{ as_of_date() }}
)

select * from final
