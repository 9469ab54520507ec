{#- The name the dashboard gives to an AI feature of the shop. -#}
{% macro ai_feature_name(interaction_type) -%}
    case {{ interaction_type }}
        when 'chat' then 'Chat Recommendations'
        when 'questionnaire' then 'Questionnaire Guidance'
        when 'image' then 'Image Analysis'
        when 'routine' then 'Routine Planner'
    end
{%- endmacro %}
