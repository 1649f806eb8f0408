{% set settings = fromyaml("a: [1, 2]\nb: {on: yes, when: 2024-01-02}") %}
select $v${{ settings }}$v$ as yaml, $v${{ tojson(var('settings')) }}$v$ as json, $v${{ fromjson('{"a": [1, 2.0, null]}')['a'] }}$v$ as parsed, $v${{ toyaml({'b': 1, 'a': [1, none]}) }}$v$ as dumped,
  $v${{ set([3, 1, 3]) | sort }} {{ zip(['a'], [1]) | list }} {{ local_md5('x') }}$v$ as more, $v${{ var('settings').deep.list }} {{ 7 / 2 }} {{ 7 // 2 }} {{ 10 / 5 }} {{ "{:,}".format(1234567) }}$v$ as numbers,
  $v${{ dict(a=1) }} {{ (1, 'x') }} {{ ["it's", none, 1.0] }} {{ {'k': [true]} }}$v$ as shown
