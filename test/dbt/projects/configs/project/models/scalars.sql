select '{{ var("off_word") }}' as a, '{{ "yes" if var("off_word") else "no" }}' as b, '{{ var("on_word") }}' as c, '{{ 10 / var("two") }}' as d, '{{ var("octal") }}' as e,
  '{{ var("thousand") }}' as f, '{{ var("underscored") }}' as g, '{{ var("date") }}' as h, '{{ var("nothing") }}' as i, '{{ var("sexagesimal") }}' as j,
  '{{ var("text") }}' as k, $v${{ var("list") }}$v$ as l, $v${{ var("map") }}$v$ as m, '{{ var("scoped") }}' as n, '{{ var.has_var("nope") }}{{ var.has_var("two") }}' as o,
  $v${{ var("from_cli", "no cli") }}$v$ as p, '{{ var("number", 1) + 1 }}' as q, '{{ env_var("LAB_NOT_SET", "unset") }}' as r
