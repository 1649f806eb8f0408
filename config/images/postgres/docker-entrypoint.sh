#!/bin/sh
# Makes the database cluster on the first start, then becomes the server. Follows the official image: POSTGRES_USER,
# POSTGRES_PASSWORD, POSTGRES_DB, PGDATA and the .sql files of /docker-entrypoint-initdb.d, in the order of their names.
set -eu

socket=/var/run/postgresql
made="$PGDATA/kelt-initialised"

case "${1:-postgres}" in
  postgres) [ $# -eq 0 ] || shift ;;
  -*) ;;
  *) exec "$@" ;;
esac

initialise() {
  user=${POSTGRES_USER:-postgres}
  database=${POSTGRES_DB:-$user}
  if [ -z "${POSTGRES_PASSWORD:-}" ]; then
    echo "POSTGRES_PASSWORD is not set: the superuser needs a password" >&2
    exit 1
  fi
  # A start that was cut short left something that cannot be trusted.
  rm -rf "${PGDATA:?}"/*
  mkdir -p "$PGDATA"
  chmod 0700 "$PGDATA"
  printf '%s\n' "$POSTGRES_PASSWORD" | initdb --username="$user" --pwfile=/dev/stdin --encoding=UTF8 --locale=C \
    ${POSTGRES_INITDB_ARGS:-} --locale-provider=builtin --builtin-locale=C.UTF-8 --auth-local=trust --auth-host=scram-sha-256 \
    --set unix_socket_directories=$socket --set listen_addresses='*' --set dynamic_shared_memory_type=mmap >/dev/null
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
  pg_ctl --pgdata="$PGDATA" --wait --silent --options="-c listen_addresses=''" start
  [ "$database" = postgres ] || psql --host=$socket --username="$user" --dbname=postgres --no-psqlrc --quiet \
    --set=ON_ERROR_STOP=1 --set=database="$database" <<'SQL'
CREATE DATABASE :"database";
SQL
  for file in /docker-entrypoint-initdb.d/*.sql; do
    [ -f "$file" ] || continue
    echo "running $file"
    psql --host=$socket --username="$user" --dbname="$database" --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file="$file"
  done
  pg_ctl --pgdata="$PGDATA" --wait --silent --mode=fast stop
  : > "$made"
}

[ -f "$made" ] || initialise
exec postgres -D "$PGDATA" "$@"
