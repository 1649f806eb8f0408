{% if execute %}{{ exceptions.raise_compiler_error("this model refuses: " ~ this.name) }}{% endif %} select 1 as id
