{% macro rating_category(column) -%}
    case
        when {{ column }} >= 4.5 then 'Excellent'
        when {{ column }} >= 4.0 then 'Good'
        when {{ column }} >= 3.0 then 'Average'
        else 'Poor'
    end
{%- endmacro %}
