with

tokens as (
    select * from {{ ref('stg_decisions__auth_tokens') }}
),

final as (
    select
        id,
        user_id,
        expires_at,
        coalesce(created_at, loaded_at) as created_at
    from tokens
)

select * from final
