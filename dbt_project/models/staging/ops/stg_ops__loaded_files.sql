with

files as (
    select * from {{ source('ops', 'loaded_files') }}
),

final as (
    select
        load_id,
        run_id,
        system as system_name,
        "table" as table_name,
        status
    from files
    where system is not null
)

select * from final
