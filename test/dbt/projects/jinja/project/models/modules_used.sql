{% set start = modules.datetime.datetime(2024, 2, 28) %}
{% set dates = [] %}
{% for i in range(3) %}{% do dates.append((start + modules.datetime.timedelta(days=i)).strftime("'%Y-%m-%d'")) %}{% endfor %}
select d::date as d, $v${{ modules.re.sub('[^a-z]+', '_', 'Some Name-1'.lower()) }}$v$ as slug, $v${{ modules.re.findall('(\w)(\d)', 'a1 b2') }}$v$ as found,
  $v${{ modules.itertools.product([1, 2], 'ab') | list }}$v$ as pairs, $v${{ start.isoformat() }} {{ start.weekday() }} {{ modules.datetime.date(2024, 3, 1) - start.date() }}$v$ as days,
  $v${{ modules.pytz.timezone('Europe/Oslo').localize(start).astimezone(modules.pytz.utc) }}$v$ as utc
from (values {% for d in dates %}({{ d }}){{ ',' if not loop.last }}{% endfor %}) x (d)
