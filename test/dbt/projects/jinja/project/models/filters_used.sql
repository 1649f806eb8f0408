select $v${{ ['b', 'A', 'b'] | unique | sort | join('-') }}$v$ as a, $v${{ [{'n': 2}, {'n': 1}] | sort(attribute='n') | map(attribute='n') | list }}$v$ as b,
  $v${{ [1, 2, 3, 4] | batch(2) | list }} {{ [1, 2, 3] | sum }} {{ 'a b' | title | replace(' ', '') }} {{ none | default('d', true) }}$v$ as c,
  $v${% for k, g in [{'t': 'x', 'v': 1}, {'t': 'y', 'v': 2}, {'t': 'x', 'v': 3}] | groupby('t') %}{{ k }}{{ g | map(attribute='v') | list }}{% endfor %}$v$ as d,
  $v${{ {'b': 1, 'a': 2} | dictsort | map('first') | join }} {{ 'x' is in ['x'] }} {{ 3.14159 | round(2) }} {{ '%05.1f' | format(2.25) }} {{ 'abc' | reverse | upper }}$v$ as e
