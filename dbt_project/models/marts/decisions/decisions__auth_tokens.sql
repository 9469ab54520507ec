with

tokens as (
    select * from {{ ref('int_auth_tokens__issued') }}
),

final as (
    select
        id,
        user_id,
        -- The hash never enters the warehouse.
        'redacted'::varchar(255) as token_hash,
        expires_at,
        created_at
    from tokens
)

select * from final
