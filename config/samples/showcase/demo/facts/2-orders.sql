-- 4,000 orders of two years. Everything follows from the number of the order, so that they are the same at every start.
-- Who buys at the counter is often nobody that the shop knows.
INSERT INTO shop.orders (order_id, customer_no, store_code, channel, ordered_at, note)
SELECT
  9007199254740992 + n,
  CASE WHEN n % 7 <> 0 THEN lpad((1 + n * 7919 % 600)::text, 5, '0') END,
  (ARRAY['ber-01', 'ber-02', 'cph-01', 'lis-01', 'par-01', 'web'])[1 + n * 31 % 6],
  (ARRAY['counter', 'web', 'phone']::shop.channel[])[1 + n * 17 % 3],
  timestamptz '2024-01-01 08:00:00+00' + n * interval '4 hours 22 minutes 33.123456 seconds',
  CASE n % 40
    WHEN 0 THEN 'wrapped, "with a ribbon"'
    WHEN 1 THEN ''
    WHEN 2 THEN E'Grüße an Zoë\n— und an Jürgen'
    WHEN 3 THEN E'a tab\there, a backslash \\N there'
  END
FROM generate_series(1, 4000) AS n;

INSERT INTO shop.order_items (order_id, line, sku, quantity, unit_price, discount)
SELECT
  9007199254740992 + n,
  line,
  'TEA-' || lpad((1 + (n * 13 + line * 7) % 36)::text, 3, '0'),
  1 + (n + line) % 4,
  (350 + (n * 13 + line * 7) % 36 * 45) / 100.0,
  CASE WHEN n % 11 = 0 THEN 0.50 ELSE 0 END
FROM generate_series(1, 4000) AS n
CROSS JOIN generate_series(1, 3) AS line
WHERE line <= 1 + n % 3;
