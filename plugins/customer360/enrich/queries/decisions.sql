-- One row per open decision to be analysed: all whose current answer rests on other facts or comes from somebody else.
select decisions.*
from intermediate.int_decisions__open as decisions
left join lateral (
    select a.input_hash, a.source, a.model, a.prompt_version
    from enrichment.decision_analyses as a
    where a.decision_id = decisions.decision_id and a.as_of_date <= %(as_of_date)s and a.status in ('ok', 'abstained')
    -- two answers of one day: the later one stands
    order by a.as_of_date desc, a.result_id desc
    limit 1
) as current_answer on true
where (current_answer.input_hash, current_answer.source, current_answer.model, current_answer.prompt_version)
    is distinct from (decisions.input_hash, %(source)s, %(model)s, %(prompt_version)s)
order by decisions.decision_id
