CREATE SCHEMA shop;

CREATE TYPE shop.channel AS ENUM ('counter', 'web', 'phone');

CREATE TABLE shop.orders (
  order_id bigint PRIMARY KEY,
  customer_no char(5),
  store_code text NOT NULL,
  channel shop.channel NOT NULL,
  ordered_at timestamptz NOT NULL,
  note text
);

CREATE TABLE shop.order_items (
  order_id bigint NOT NULL REFERENCES shop.orders,
  line integer NOT NULL,
  sku text NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  unit_price numeric(8, 2) NOT NULL,
  discount numeric(8, 2) NOT NULL DEFAULT 0,
  PRIMARY KEY (order_id, line)
);
