with

files as (
    select * from {{ ref('stg_ops__loaded_files') }}
),

-- The newest run with a file of the system: a night on an old delivery enters nothing and changes nothing.
newest as (
    select
        system_name,
        max(run_id) as run_id
    from files
    group by system_name
),

final as (
    select
        files.system_name,
        count(*) filter (where files.status = 'loaded') as loaded_file_count,
        count(*) filter (where files.status = 'refused' and files.run_id = newest.run_id) as refused_file_count
    from files
    inner join newest on files.system_name = newest.system_name
    group by files.system_name
)

select * from final
