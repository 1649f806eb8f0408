CREATE TYPE mpaa_rating AS ENUM ('G', 'PG', 'PG-13', 'R', 'NC-17');

CREATE TABLE films (
  film_id serial PRIMARY KEY,
  title varchar(255) NOT NULL,
  release_date date,
  price numeric(4, 2),
  rating mpaa_rating,
  user_rating numeric(2, 1) CHECK (user_rating BETWEEN 1 AND 5)
);

CREATE TABLE actors (
  actor_id serial PRIMARY KEY,
  actor_name varchar(255) NOT NULL
);

CREATE TABLE film_actors (
  film_id integer REFERENCES films,
  actor_id integer REFERENCES actors,
  PRIMARY KEY (film_id, actor_id)
);

CREATE TABLE film_category (
  category_id serial PRIMARY KEY,
  film_id integer NOT NULL REFERENCES films,
  category_name varchar(50) NOT NULL
);

CREATE TABLE users (
  user_id serial PRIMARY KEY,
  first_name varchar(100) NOT NULL,
  last_name varchar(100) NOT NULL,
  email varchar(255) NOT NULL UNIQUE,
  signup_date date NOT NULL
);
