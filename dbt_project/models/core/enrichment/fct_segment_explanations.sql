with

answers as (
    select * from {{ ref('fct_customer_segments') }}
),

priorities as (
    select * from {{ ref('fct_customer_priorities') }}
),

rules as (
    select * from {{ ref('stg_enrichment__scorecard_rules') }}
),

segments as (
    select unnest(array['Value Seekers', 'Traditionalists', 'Digital Natives', 'Eco Savers']) as segment
),

asked as (
    select
        answers.customer_key,
        segments.segment,
        coalesce(answers.segment = segments.segment, false) as is_chosen,
        answers.source = 'rules' as has_points,
        coalesce(answers.contributions -> segments.segment, '[]') as contributions,
        answers.reason,
        answers.status,
        answers.source,
        answers.model,
        answers.prompt_version,
        answers.input_hash,
        answers.as_of_date
    from answers
    cross join segments
),

held as (
    select
        asked.customer_key,
        asked.segment,
        coalesce(sum(rule.points), 0)::integer as points,
        string_agg(format('+%s %s', rule.points, rule.reason), ' ' order by rule.points desc, rule.reason)
        filter (where rule.reason is not null) as rules_that_held
    from asked
    left join lateral jsonb_to_recordset(asked.contributions) as rule (points integer, reason text) on true
    where asked.has_points
    group by asked.customer_key, asked.segment
),

not_held as (
    select
        asked.customer_key,
        asked.segment,
        string_agg(format('+%s %s', rules.points, rules.reason), ' ' order by rules.points desc, rules.reason)
            as rules_that_did_not
    from asked
    inner join rules on asked.prompt_version = rules.prompt_version and asked.segment = rules.segment
    where
        asked.has_points
        and not asked.contributions @> jsonb_build_array(jsonb_build_object('reason', rules.reason))
    group by asked.customer_key, asked.segment
),

compared as (
    select
        *,
        max(points) over (partition by customer_key) - points as points_behind
    from held
),

final as (
    select
        asked.customer_key,
        asked.segment,
        asked.is_chosen,
        compared.points,
        compared.points_behind,
        case
            when compared.points_behind > 0
                then format('%s points, %s behind. %s', compared.points, compared.points_behind, asked.reason)
            else asked.reason
        end as explanation,
        compared.rules_that_held as spoke_for_it,
        not_held.rules_that_did_not as would_have_spoken_for_it,
        priorities.priority,
        priorities.trigger_factors,
        asked.status,
        asked.source,
        asked.model,
        asked.prompt_version,
        asked.input_hash,
        asked.as_of_date
    from asked
    left join compared on asked.customer_key = compared.customer_key and asked.segment = compared.segment
    left join not_held on asked.customer_key = not_held.customer_key and asked.segment = not_held.segment
    left join priorities on asked.customer_key = priorities.customer_key
)

select * from final
