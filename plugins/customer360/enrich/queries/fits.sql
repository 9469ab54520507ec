-- Only the newest fit of a day is compared: facts that went back to what they were are fitted again.
select distinct on (kind, made_on)
    kind,
    made_on,
    input_hash
from enrichment.model_fits
order by kind, made_on, fit_id desc
