with

rules as (
    select * from {{ source('enrichment', 'scorecard_rules') }}
),

final as (
    select
        rules.prompt_version,
        rules.segment,
        rules.feature,
        rules.points,
        rules.reason
    from rules
)

select * from final
