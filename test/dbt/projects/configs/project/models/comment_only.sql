-- nothing here
{# nor here #}
