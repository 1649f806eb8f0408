{% do exceptions.warn("only a warning") %} select 1 as id
