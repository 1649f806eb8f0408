select {{ tool.greet('Ann') }} as a, {{ tool.part('Bob') }} as b, {{ dbt.concat(["'x'", "'y'"]) }} as c, '{{ tool.calls_loud("hey") }}' as d,
  '{{ var("word") }}' as e, '{{ var("own") }}' as f, {{ only_in_lab() }} as g, {{ tool.which_root() }} as h, '{{ tool.shout("low") }}' as i,
  '{{ ref("tool_model") }}' as r, '{{ context["project_name"] }}' as p, {{ more.counted() }} as n,
  '{{ tool.of_the_run() }}' as settings
from {{ ref('tool_model') }}, {{ ref('tool_seed') }}
