{%- set wholes = {
    'dashboard__interaction_types': 'count',
    'dashboard__customer_segments': 'segment_size',
    'dashboard__revenue_attribution': 'revenue_amount',
    'dashboard__category_revenue': 'revenue_amount',
} %}

with

wholes as (
    {%- for model, value in wholes.items() %}
        select
            '{{ model }}' as model,
            record_date,
            round(sum(percentage::numeric), 2) as percentage,
            round(sum("{{ value }}"::numeric), 2) as whole
        from {{ ref(model) }}
        group by record_date
                {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select *
from wholes
where percentage is distinct from case when whole > 0 then 100 end
