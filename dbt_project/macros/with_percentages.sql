{#-
  The rows of `relation` with a column `percentage`: the share of `value` in its sum over the rows of one `whole`, to
  2 decimals. Rounded by largest remainder, so that the percentages of a whole add up to exactly 100; NULL where the
  sum is not positive. `tie_breaker` is the column that says which of two equal remainders is rounded up.
-#}
{% macro with_percentages(relation, value, whole, tie_breaker) -%}
    select
        floored.*,
        case
            when floored.sum_of_whole > 0
                then (
                    floored.hundredths
                    + case
                        when
                            row_number() over (
                                partition by floored.{{ whole }}
                                -- Equal values have equal remainders: without it a rerun could round up another one.
                                order by floored.exact_hundredths - floored.hundredths desc, floored.{{ tie_breaker }}
                            ) <= 10000 - sum(floored.hundredths) over (partition by floored.{{ whole }})
                            then 1
                        else 0
                    end
                ) / 100.0
        end as percentage
    from (
        select
            shares.*,
            floor(shares.exact_hundredths) as hundredths
        from (
            select
                parts.*,
                sum(parts.{{ value }}) over (partition by parts.{{ whole }}) as sum_of_whole,
                10000.0 * parts.{{ value }}
                / nullif(sum(parts.{{ value }}) over (partition by parts.{{ whole }}), 0) as exact_hundredths
            from {{ relation }} as parts
        ) as shares
    ) as floored
{%- endmacro %}
