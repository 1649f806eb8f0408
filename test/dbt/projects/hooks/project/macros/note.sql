{% macro note(what, who) %}
insert into public.log (what, who) values ('{{ what }}', '{{ who }}')
{% endmacro %}
{% macro nothing() %}{% endmacro %}
