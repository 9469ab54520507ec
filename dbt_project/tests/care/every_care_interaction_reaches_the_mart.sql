{{ row_counts_that_differ([('care__customer_interactions', 'stg_care__customer_interactions')]) }}
