import { describe, expect, test } from "vitest";
import { datetimeModule, PYTZ } from "../../../../../task-image/dbt/values/datetime-module.ts";
import { DecimalValue } from "../../../../../task-image/dbt/values/decimal.ts";
import { hostFunction } from "../../../../../task-image/dbt/values/host-function.ts";
import { ITERTOOLS } from "../../../../../task-image/dbt/values/itertools.ts";
import { RE } from "../../../../../task-image/dbt/values/regular-expressions.ts";
import { SET } from "../../../../../task-image/dbt/values/set.ts";
import { publicText, wholeText } from "../../../../../task-image/words/hidden-text.ts";
import { dbtErrorOf, renderDbt } from "../../../jinja/dbt-render.ts";

const VALUES = {
  D: hostFunction("D", ["text"], (found) => DecimalValue.parse(found.text(0)) ?? null),
  dt: datetimeModule(() => 1_700_000_000_123_456n),
  pytz: PYTZ,
  re: RE,
  it: ITERTOOLS,
  set: SET,
};

/** An expression, and what Python 3.12 prints for it. */
const DECIMALS: readonly (readonly [string, string])[] = [
  ["D('1.50') + 1", "2.50"],
  ["D('1.5') * D('2.50')", "3.750"],
  ["D('10') / D('4')", "2.5"],
  ["D('1') / D('3')", "0.3333333333333333333333333333"],
  ["D('2') / D('3')", "0.6666666666666666666666666667"],
  ["D('100') / D('2')", "50"],
  ["D('7') // 2", "3"],
  ["D('-7') % 3", "-1"],
  ["3 - D('0.5')", "2.5"],
  ["D('1E+3')", "1E+3"],
  ["D('0.00000012')", "1.2E-7"],
  ["D('0.000001')", "0.000001"],
  ["-D('1.0')", "-1.0"],
  ["D('1.25') | round(1)", "1.2"],
  ["D('1.35') | round(1)", "1.4"],
  ["D('2.9') | int", "2"],
  ["[D('1.5')]", "[Decimal('1.5')]"],
  ["D('1.50') == D('1.5')", "True"],
  ["D('2') == 2", "True"],
  ["D('1.5') > 1", "True"],
  ["{D('1.0'): 'x'}[D('1.00')]", "x"],
  ["[D('3'), D('1')] | sort | join(',')", "1,3"],
  ["[D('0.1'), D('0.2')] | sum", "0.3"],
  ["'zero' if not D('0.00') else 'some'", "zero"],
];

const TIMES: readonly (readonly [string, string])[] = [
  ["dt.datetime.now()", "2023-11-14 22:13:20.123456"],
  ["dt.datetime.now(pytz.timezone('America/Los_Angeles'))", "2023-11-14 14:13:20.123456-08:00"],
  ["dt.date.today()", "2023-11-14"],
  ["dt.date(2024, 1, 31) + dt.timedelta(days=1)", "2024-02-01"],
  ["dt.datetime(2024, 3, 1) - dt.datetime(2024, 2, 1)", "29 days, 0:00:00"],
  ["(dt.datetime(2024, 3, 1) - dt.datetime(2024, 2, 1)).days", "29"],
  ["dt.timedelta(hours=-1)", "-1 day, 23:00:00"],
  ["dt.timedelta(days=1, hours=12).total_seconds()", "129600.0"],
  ["dt.datetime(2024, 1, 31, 9, 5).isoformat()", "2024-01-31T09:05:00"],
  ["dt.datetime(9999, 12, 31, 23, 59, 59, 999999)", "9999-12-31 23:59:59.999999"],
  [
    "dt.datetime(2024, 2, 29).strftime('%Y-%m-%d %H:%M %j %a %B %U %V %-d')",
    "2024-02-29 00:00 060 Thu February 08 09 29",
  ],
  ["dt.datetime.strptime('2024-3-5 7:08', '%Y-%m-%d %H:%M')", "2024-03-05 07:08:00"],
  ["dt.datetime.fromisoformat('2024-01-31T09:05:00+02:00')", "2024-01-31 09:05:00+02:00"],
  [
    "[dt.date(2024, 1, 1), dt.datetime(2024, 1, 1)]",
    "[datetime.date(2024, 1, 1), datetime.datetime(2024, 1, 1, 0, 0)]",
  ],
  ["dt.date(2024, 1, 1) < dt.date(2024, 1, 2)", "True"],
  ["dt.datetime(2024, 1, 31).replace(year=2023, day=1).date()", "2023-01-01"],
  ["dt.datetime(2024, 1, 31).weekday()", "2"],
  ["dt.datetime(2024, 1, 1).isocalendar()", "(2024, 1, 1)"],
  ["pytz.timezone('Europe/Berlin').localize(dt.datetime(2024, 7, 1)).isoformat()", "2024-07-01T00:00:00+02:00"],
  ["pytz.utc.localize(dt.datetime(2024, 7, 1)).astimezone(pytz.timezone('Asia/Tokyo'))", "2024-07-01 09:00:00+09:00"],
  // pytz gives a zone that is attached by tzinfo= its local mean time.
  ["dt.datetime(2024, 1, 31, tzinfo=pytz.timezone('America/Los_Angeles'))", "2024-01-31 00:00:00-07:53"],
];

const OTHERS: readonly (readonly [string, string])[] = [
  ["set([1, 2]) == set([2, 1, 1])", "True"],
  ["set([1, 2]) - set([2])", "{1}"],
  ["set([1]).union([2], [3]) | length", "3"],
  ["set([1, 2]).intersection([2])", "{2}"],
  ["set([])", "set()"],
  ["set([1]).issubset([1, 2])", "True"],
  ["set(5)", "None"],
  ["set(5, [0])", "[0]"],
  ["re.sub('(a)(b)?', '\\\\1-\\\\g<1>', 'abc')", "a-ac"],
  ["re.match('(?i)A(?P<n>\\\\d+)', 'a12').group('n')", "12"],
  ["re.match('b', 'ab')", "None"],
  ["re.search('b', 'ab').start()", "1"],
  ["re.fullmatch('a+', 'aab')", "None"],
  ["re.findall('(\\\\w)(\\\\d)', 'a1b2')", "[('a', '1'), ('b', '2')]"],
  ["re.split('[,;] *', 'a, b;c')", "['a', 'b', 'c']"],
  ["re.compile('a#b', re.I).search('xA#B').group(0)", "A#B"],
  ["re.match('(?x) a  # a letter\\n b', 'ab').group()", "ab"],
  ["re.sub('\\\\Aa', 'x', 'aa', re.M)", "xa"],
  ["re.escape('a.b-c')", "a\\.b\\-c"],
  ["it.product([1, 2], ['a'])", "[(1, 'a'), (2, 'a')]"],
  ["it.combinations([1, 2, 3], 2)", "[(1, 2), (1, 3), (2, 3)]"],
  ["it.permutations([1, 2])", "[(1, 2), (2, 1)]"],
  ["it.chain([1], (2, 3))", "[1, 2, 3]"],
  ["it.chain.from_iterable([[1], [2]])", "[1, 2]"],
  ["it.zip_longest([1, 2], ['a'], fillvalue='-')", "[(1, 'a'), (2, '-')]"],
  ["it.islice([1, 2, 3, 4], 1, 3)", "[2, 3]"],
];

describe.each([
  ["Decimal", DECIMALS],
  ["datetime", TIMES],
  ["set, re and itertools", OTHERS],
])("%s", (_, cases) => {
  test.each(cases)("%s prints %s", (expression, expected) => {
    expect(renderDbt(`{{ ${expression} }}`, VALUES)).toBe(expected);
  });
});

test.each([
  ["D('1') / 0", "division by zero"],
  ["D('1') + 'a'", "'+' does not work between decimal.Decimal and str"],
  ["D('1') + 1.5", "'+' does not work between decimal.Decimal and float"],
  ["dt.date(2024, 2, 30)", "day 30 is out of range for month 2"],
  ["dt.datetime(2024, 13, 1)", "month must be in 1..12, found 13"],
  ["dt.datetime.strptime('x', '%Y')", "time data 'x' does not match format '%Y'"],
  ["dt.date(2024, 1, 1) < dt.datetime(2024, 1, 1)", "'<' does not work between datetime.date and datetime.datetime"],
  ["pytz.timezone('Mars')", "unknown time zone 'Mars'"],
  ["re.match('(', 'a')", "'(' is not a regular expression"],
  ["re.match('a', 5)", "expected string or bytes-like object"],
  ["set([1]).remove(2)", "2 is not in the set"],
])("%s is refused", (expression, expected) => {
  expect(wholeText(dbtErrorOf(() => renderDbt(`{{ ${expression} }}`, VALUES)))).toContain(expected);
});

/** A value that a query has answered, and what a message says in its place. */
test.each([
  ["dt.datetime.strptime(v, '%Y')", "time data does not match format '%Y'"],
  ["dt.datetime.fromisoformat(v)", "Invalid isoformat string"],
  ["dt.date.fromisoformat(v)", "Invalid isoformat string"],
  ["set([1]).remove(v)", "the item is not in the set"],
  ["[1].index(v)", "the item is not in the list"],
  ["[1].remove(v)", "the item is not in the list"],
  ["{}.pop(v)", "the dict has no such key"],
  ["dict([v])", "expected pairs of a key and a value, found a str"],
  ["'a'.index(v)", "index() did not find the text"],
])("a message of %s does not show the value", (expression, expected) => {
  const error = dbtErrorOf(() => renderDbt(`{{ ${expression} }}`, { ...VALUES, v: "ada@x.example" }));
  expect(publicText(error)).toContain(expected);
  expect(publicText(error)).not.toContain("ada");
  expect(wholeText(error)).toContain("t.sql:1:");
});
